/* json_check.h - a strict JSON reader (RFC 8259) and the part of JSON Schema that docs/schema.json
 * uses: $ref, type, const, enum, properties, required, additionalProperties: false, items,
 * maxItems, minimum, oneOf, anyOf. For tests: a document that does not parse gives NULL. */
#ifndef JSON_CHECK_H
#define JSON_CHECK_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json {
    enum json_type type;
    const char *text; /* of a scalar: its bytes in the document, strings without quotes */
    size_t size;
    char *key;
    struct json *child, *next;
};

static inline void json_free(struct json *node)
{
    while (node) {
        struct json *next = node->next;
        json_free(node->child);
        free(node->key);
        free(node);
        node = next;
    }
}

struct json_reader {
    const char *at, *end;
};

static inline void json_blank(struct json_reader *reader)
{
    while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) && *reader->at)
        reader->at++;
}

static inline bool json_text(struct json_reader *reader, const char **text, size_t *size)
{
    if (reader->at == reader->end || *reader->at != '"')
        return false;
    const char *start = ++reader->at;
    while (reader->at < reader->end && *reader->at != '"') {
        unsigned char c = (unsigned char)*reader->at++;
        if (c < 0x20)
            return false;
        if (c < 0x80 && c != '\\')
            continue;
        if (c == '\\') {
            if (reader->at == reader->end || !strchr("\"\\/bfnrtu", *reader->at))
                return false;
            if (*reader->at++ == 'u') {
                for (int i = 0; i < 4; i++, reader->at++)
                    if (reader->at >= reader->end || !strchr("0123456789abcdefABCDEF", *reader->at))
                        return false;
            }
            continue;
        }
        int more = c >> 5 == 6 ? 1 : c >> 4 == 14 ? 2 : c >> 3 == 30 ? 3 : -1;
        if (more < 0)
            return false;
        for (; more; more--, reader->at++)
            if (reader->at >= reader->end || ((unsigned char)*reader->at & 0xc0) != 0x80)
                return false;
    }
    if (reader->at == reader->end)
        return false;
    *text = start;
    *size = (size_t)(reader->at++ - start);
    return true;
}

static inline bool json_digits(struct json_reader *reader)
{
    const char *start = reader->at;

    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
        reader->at++;
    return reader->at > start;
}

static inline bool json_number(struct json_reader *reader)
{
    if (*reader->at == '-')
        reader->at++;
    const char *start = reader->at;
    if (!json_digits(reader) || (*start == '0' && reader->at > start + 1))
        return false;
    if (reader->at < reader->end && *reader->at == '.') {
        reader->at++;
        if (!json_digits(reader))
            return false;
    }
    if (reader->at < reader->end && (*reader->at == 'e' || *reader->at == 'E')) {
        reader->at++;
        if (reader->at < reader->end && (*reader->at == '+' || *reader->at == '-'))
            reader->at++;
        return json_digits(reader);
    }
    return true;
}

static inline bool json_value(struct json_reader *reader, struct json *node, int depth);

static inline bool json_children(struct json_reader *reader, struct json *node, char close,
                                 int depth)
{
    struct json **tail = &node->child;

    reader->at++;
    json_blank(reader);
    if (reader->at < reader->end && *reader->at == close) {
        reader->at++;
        return true;
    }
    for (;;) {
        struct json *child = *tail = calloc(1, sizeof(*child));
        tail = &child->next;
        json_blank(reader);
        if (close == '}') {
            const char *key;
            size_t size;
            if (!json_text(reader, &key, &size))
                return false;
            child->key = calloc(1, size + 1);
            memcpy(child->key, key, size);
            for (const struct json *other = node->child; other != child; other = other->next)
                if (!strcmp(other->key, child->key))
                    return false; /* the same key twice */
            json_blank(reader);
            if (reader->at == reader->end || *reader->at++ != ':')
                return false;
        }
        if (!json_value(reader, child, depth + 1))
            return false;
        json_blank(reader);
        if (reader->at == reader->end)
            return false;
        char c = *reader->at++;
        if (c == close)
            return true;
        if (c != ',')
            return false;
    }
}

static inline bool json_value(struct json_reader *reader, struct json *node, int depth)
{
    static const struct {
        const char *word;
        enum json_type type;
    } words[] = {{"null", JSON_NULL}, {"false", JSON_FALSE}, {"true", JSON_TRUE}};

    json_blank(reader);
    if (reader->at == reader->end || depth > 40)
        return false;
    node->text = reader->at;
    switch (*reader->at) {
    case '{':
        node->type = JSON_OBJECT;
        return json_children(reader, node, '}', depth);
    case '[':
        node->type = JSON_ARRAY;
        return json_children(reader, node, ']', depth);
    case '"':
        node->type = JSON_STRING;
        return json_text(reader, &node->text, &node->size);
    default:
        break;
    }
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(words[i].word);
        if ((size_t)(reader->end - reader->at) < length ||
            memcmp(reader->at, words[i].word, length))
            continue;
        node->type = words[i].type;
        node->size = length;
        reader->at += length;
        return true;
    }
    node->type = JSON_NUMBER;
    if (!json_number(reader))
        return false;
    node->size = (size_t)(reader->at - node->text);
    return true;
}

/* NULL when the bytes are not exactly one JSON document. */
static inline struct json *json_parse(const char *text, size_t size)
{
    struct json_reader reader = {text, text + size};
    struct json *node = calloc(1, sizeof(*node));
    bool good = json_value(&reader, node, 0);

    json_blank(&reader);
    if (!good || reader.at != reader.end) {
        json_free(node);
        return NULL;
    }
    return node;
}

static inline const struct json *json_get(const struct json *object, const char *key)
{
    for (const struct json *child = object ? object->child : NULL; child; child = child->next)
        if (child->key && !strcmp(child->key, key))
            return child;
    return NULL;
}

static inline const struct json *json_at(const struct json *array, size_t index)
{
    const struct json *child = array ? array->child : NULL;

    while (child && index--)
        child = child->next;
    return child;
}

static inline bool json_is(const struct json *node, const char *text)
{
    return node && node->size == strlen(text) && !memcmp(node->text, text, node->size);
}

/* --- schema --- */

static inline bool schema_type(const struct json *name, const struct json *value)
{
    if (json_is(name, "null"))
        return value->type == JSON_NULL;
    if (json_is(name, "boolean"))
        return value->type == JSON_TRUE || value->type == JSON_FALSE;
    if (json_is(name, "string"))
        return value->type == JSON_STRING;
    if (json_is(name, "array"))
        return value->type == JSON_ARRAY;
    if (json_is(name, "object"))
        return value->type == JSON_OBJECT;
    if (json_is(name, "number"))
        return value->type == JSON_NUMBER;
    return json_is(name, "integer") && value->type == JSON_NUMBER &&
           !memchr(value->text, '.', value->size) && !memchr(value->text, 'e', value->size);
}

static inline bool schema_same(const struct json *a, const struct json *b)
{
    return a->type == b->type && a->size == b->size && !memcmp(a->text, b->text, a->size);
}

static inline bool schema_holds(const struct json *root, const struct json *schema,
                                const struct json *value, bool loud);

static inline bool schema_fails(bool loud, const char *rule, const struct json *value)
{
    if (loud)
        (void)fprintf(stderr, "schema: %s of '%s' at: %.60s\n", rule,
                      value->key ? value->key : "(element)", value->text);
    return false;
}

static inline bool schema_object(const struct json *root, const struct json *schema,
                                 const struct json *value, bool loud)
{
    const struct json *properties = json_get(schema, "properties");
    const struct json *required = json_get(schema, "required");
    bool closed = json_is(json_get(schema, "additionalProperties"), "false");

    for (const struct json *name = required ? required->child : NULL; name; name = name->next) {
        char key[64];
        (void)snprintf(key, sizeof(key), "%.*s", (int)name->size, name->text);
        if (value->type == JSON_OBJECT && !json_get(value, key))
            return schema_fails(loud, key, value);
    }
    for (const struct json *child = value->child;
         value->type == JSON_OBJECT && child && (properties || closed); child = child->next) {
        const struct json *of = json_get(properties, child->key);
        if (!of && closed)
            return schema_fails(loud, "additionalProperties", child);
        if (of && !schema_holds(root, of, child, loud))
            return false;
    }
    return true;
}

static inline bool schema_array(const struct json *root, const struct json *schema,
                                const struct json *value, bool loud)
{
    const struct json *items = json_get(schema, "items"), *most = json_get(schema, "maxItems");
    size_t count = 0;

    if (value->type != JSON_ARRAY)
        return true;
    for (const struct json *child = value->child; child; child = child->next, count++)
        if (items && !schema_holds(root, items, child, loud))
            return false;
    return !most || count <= strtoul(most->text, NULL, 10) || schema_fails(loud, "maxItems", value);
}

static inline size_t schema_matches(const struct json *root, const struct json *list,
                                    const struct json *value)
{
    size_t count = 0;

    for (const struct json *one = list->child; one; one = one->next)
        count += schema_holds(root, one, value, false);
    return count;
}

static inline bool schema_holds(const struct json *root, const struct json *schema,
                                const struct json *value, bool loud)
{
    const struct json *rule;

    if ((rule = json_get(schema, "$ref"))) {
        char name[64]; /* "#/$defs/name" */
        (void)snprintf(name, sizeof(name), "%.*s", (int)rule->size - 8, rule->text + 8);
        const struct json *of = json_get(json_get(root, "$defs"), name);
        if (!of || !schema_holds(root, of, value, loud))
            return of ? false : schema_fails(true, "unknown $ref", value);
    }
    if ((rule = json_get(schema, "type"))) {
        bool good = rule->type == JSON_STRING && schema_type(rule, value);
        for (const struct json *one = rule->type == JSON_ARRAY ? rule->child : NULL; one;
             one = one->next)
            good = good || schema_type(one, value);
        if (!good)
            return schema_fails(loud, "type", value);
    }
    if ((rule = json_get(schema, "const")) && !schema_same(rule, value))
        return schema_fails(loud, "const", value);
    if ((rule = json_get(schema, "enum"))) {
        bool good = false;
        for (const struct json *one = rule->child; one; one = one->next)
            good = good || schema_same(one, value);
        if (!good)
            return schema_fails(loud, "enum", value);
    }
    if ((rule = json_get(schema, "minimum")) && value->type == JSON_NUMBER &&
        strtod(value->text, NULL) < strtod(rule->text, NULL))
        return schema_fails(loud, "minimum", value);
    if ((rule = json_get(schema, "oneOf")) && schema_matches(root, rule, value) != 1)
        return schema_fails(loud, "oneOf", value);
    if ((rule = json_get(schema, "anyOf")) && schema_matches(root, rule, value) < 1)
        return schema_fails(loud, "anyOf", value);
    return schema_object(root, schema, value, loud) && schema_array(root, schema, value, loud);
}

#endif
