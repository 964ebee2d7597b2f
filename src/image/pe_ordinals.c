/* The import hash writes "ord<number>" for an import by ordinal, but in three libraries it puts
 * the function's name: Winsock's two and oleaut32.dll. Winsock's numbers below have been the same
 * since Winsock 1.1. oleaut32 has hundreds, and no driver imports it: files that do have no import
 * hash here.
 */
#include "image/pe_ordinals.h"

#include <stddef.h>
#include <strings.h>

static const struct {
    uint16_t ordinal;
    const char *name;
} WINSOCK[] = {
    {1, "accept"},
    {2, "bind"},
    {3, "closesocket"},
    {4, "connect"},
    {5, "getpeername"},
    {6, "getsockname"},
    {7, "getsockopt"},
    {8, "htonl"},
    {9, "htons"},
    {10, "ioctlsocket"},
    {11, "inet_addr"},
    {12, "inet_ntoa"},
    {13, "listen"},
    {14, "ntohl"},
    {15, "ntohs"},
    {16, "recv"},
    {17, "recvfrom"},
    {18, "select"},
    {19, "send"},
    {20, "sendto"},
    {21, "setsockopt"},
    {22, "shutdown"},
    {23, "socket"},
    {51, "gethostbyaddr"},
    {52, "gethostbyname"},
    {53, "getprotobyname"},
    {54, "getprotobynumber"},
    {55, "getservbyname"},
    {56, "getservbyport"},
    {57, "gethostname"},
    {101, "wsaasyncselect"},
    {102, "wsaasyncgethostbyaddr"},
    {103, "wsaasyncgethostbyname"},
    {104, "wsaasyncgetprotobynumber"},
    {105, "wsaasyncgetprotobyname"},
    {106, "wsaasyncgetservbyport"},
    {107, "wsaasyncgetservbyname"},
    {108, "wsacancelasyncrequest"},
    {109, "wsasetblockinghook"},
    {110, "wsaunhookblockinghook"},
    {111, "wsagetlasterror"},
    {112, "wsasetlasterror"},
    {113, "wsacancelblockingcall"},
    {114, "wsaisblocking"},
    {115, "wsastartup"},
    {116, "wsacleanup"},
    {151, "__wsafdisset"},
    {500, "wep"},
};

static bool is(struct ph_slice dll, const char *name, size_t size)
{
    return dll.size == size && strncasecmp(dll.data, name, size) == 0;
}

static bool is_winsock(struct ph_slice dll)
{
    return is(dll, "ws2_32.dll", 10) || is(dll, "wsock32.dll", 11);
}

bool ph_pe_ordinals_have_names(struct ph_slice dll)
{
    return is_winsock(dll) || is(dll, "oleaut32.dll", 12);
}

const char *ph_pe_ordinal(struct ph_slice dll, uint16_t ordinal)
{
    if (!is_winsock(dll))
        return NULL;
    for (size_t i = 0; i < sizeof(WINSOCK) / sizeof(WINSOCK[0]); i++)
        if (WINSOCK[i].ordinal == ordinal)
            return WINSOCK[i].name;
    return NULL;
}
