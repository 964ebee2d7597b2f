/* Kernel modules packed by the distribution: .xz, .zst, .gz, told by their first bytes. */
#include <lzma.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/mem.h"
#include "base/text.h"
#include "image/elf.h"

enum { PIECE = 256 << 10, MEMORY_MOST = 256 << 20 };

/* One step: consumes from `in`, appends to `out`; `*end` when the stream is over. */
struct stream {
    const char *name;
    size_t limit;
    struct ph_text *out;
    uint8_t *piece;
};

static struct ph_error *give(struct stream *stream, size_t size)
{
    if (size > stream->limit - stream->out->size)
        return ph_errorf(PH_ERR_FORMAT, "%s: unpacks to more than %zu bytes", stream->name,
                         stream->limit);
    ph_text_add(stream->out, stream->piece, size);
    return ph_text_check(stream->out);
}

static struct ph_error *damaged(const struct stream *stream, const char *kind)
{
    return ph_errorf(PH_ERR_FORMAT, "%s: %s data is damaged or cut short", stream->name, kind);
}

static struct ph_error *run_xz(struct stream *stream, lzma_stream *xz)
{
    for (lzma_ret status = LZMA_OK; status != LZMA_STREAM_END;) {
        xz->next_out = stream->piece;
        xz->avail_out = PIECE;
        status = lzma_code(xz, LZMA_FINISH);
        if (status != LZMA_OK && status != LZMA_STREAM_END)
            return status == LZMA_MEM_ERROR ? ph_error_nomem() : damaged(stream, "xz");
        PH_TRY(give(stream, PIECE - xz->avail_out));
    }
    return NULL;
}

static struct ph_error *unpack_xz(struct stream *stream, struct ph_slice bytes)
{
    lzma_stream xz = LZMA_STREAM_INIT;

    if (lzma_stream_decoder(&xz, MEMORY_MOST, LZMA_CONCATENATED) != LZMA_OK)
        return ph_error_nomem();
    xz.next_in = (const uint8_t *)bytes.data;
    xz.avail_in = bytes.size;
    struct ph_error *error = run_xz(stream, &xz);
    lzma_end(&xz);
    return error;
}

static struct ph_error *unpack_zstd(struct stream *stream, struct ph_slice bytes)
{
    ZSTD_DStream *zstd = ZSTD_createDStream();
    ZSTD_inBuffer in = {bytes.data, bytes.size, 0};
    struct ph_error *error = NULL;
    size_t left = 1;

    if (!zstd)
        return ph_error_nomem();
    while (!error && left) {
        ZSTD_outBuffer out = {stream->piece, PIECE, 0};
        size_t before = in.pos;
        left = ZSTD_decompressStream(zstd, &out, &in);
        if (ZSTD_isError(left) || (left && in.pos == before && !out.pos))
            error = damaged(stream, "zstd");
        else
            error = give(stream, out.pos);
    }
    (void)ZSTD_freeDStream(zstd);
    return error;
}

static struct ph_error *unpack_gzip(struct stream *stream, struct ph_slice bytes)
{
    z_stream gzip = {0};
    struct ph_error *error = NULL;
    int status = Z_OK;

    if (bytes.size > UINT32_MAX || inflateInit2(&gzip, 15 + 16) != Z_OK)
        return ph_error_nomem();
    gzip.next_in = (Bytef *)(uintptr_t)bytes.data;
    gzip.avail_in = (uInt)bytes.size;
    while (!error && status != Z_STREAM_END) {
        gzip.next_out = stream->piece;
        gzip.avail_out = PIECE;
        status = inflate(&gzip, Z_NO_FLUSH);
        error = status == Z_OK || status == Z_STREAM_END ? give(stream, PIECE - gzip.avail_out)
                                                         : damaged(stream, "gzip");
    }
    (void)inflateEnd(&gzip);
    return error;
}

struct ph_error *ph_unpack(const char *name, struct ph_slice bytes, size_t limit,
                           struct ph_text *unpacked)
{
    static const struct {
        const char *magic;
        size_t size;
        struct ph_error *(*unpack)(struct stream *stream, struct ph_slice bytes);
    } KINDS[] = {
        {"\xfd"
         "7zXZ\0",
         6, unpack_xz},
        {"\x28\xb5\x2f\xfd", 4, unpack_zstd},
        {"\x1f\x8b", 2, unpack_gzip},
    };

    ph_text_clear(unpacked);
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
        if (bytes.size < KINDS[i].size || memcmp(bytes.data, KINDS[i].magic, KINDS[i].size) != 0)
            continue;
        ph_autofree uint8_t *piece = ph_alloc(PIECE);
        struct stream stream = {.name = name, .limit = limit, .out = unpacked, .piece = piece};
        if (!piece)
            return ph_error_nomem();
        struct ph_error *error = KINDS[i].unpack(&stream, bytes);
        if (error)
            ph_text_clear(unpacked);
        return error;
    }
    return NULL;
}
