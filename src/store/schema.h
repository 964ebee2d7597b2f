/* schema.h - the tables of a recording, and how an older file becomes one of today. */
#ifndef PH_STORE_SCHEMA_H
#define PH_STORE_SCHEMA_H

#include "store/db.h"

/* Creates or migrates in one transaction; nothing happens to a file that is up to date. */
struct ph_error *ph_schema_migrate(const struct ph_db *db) PH_MUST_CHECK;

#endif
