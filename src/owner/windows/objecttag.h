/* objecttag.h - the pool tags of the kernel's objects, and what their numbers mean. */
#ifndef PH_OWNER_OBJECTTAG_H
#define PH_OWNER_OBJECTTAG_H

#include <stdint.h>

/* The kernel allocates objects of a type with the first four characters of the type's name, padded
 * with blanks: "Token" gives "Toke", "Key" gives "Key ". (ObCreateObjectType as ReactOS has it;
 * seen in every pooltag.txt.) */
void ph_object_tag(const char *type, uint8_t tag[4]);

/* Why objects of such a tag may live without a handle, as the end of a sentence. Static. */
const char *ph_object_kept_by(const uint8_t tag[4]);

#endif
