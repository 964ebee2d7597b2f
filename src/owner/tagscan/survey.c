/* survey.c - see survey.h. */
#include "owner/tagscan/survey.h"

#include "base/mem.h"

static struct ph_slice key_of(const uint32_t *rva)
{
    return (struct ph_slice){(const char *)rva, sizeof(*rva)};
}

void ph_survey_fini(struct ph_survey *survey)
{
    for (size_t i = 0; i < survey->record_count; i++) {
        ph_free(survey->records[i].sites);
        ph_free(survey->records[i].hits);
        ph_free(survey->records[i].templates);
    }
    ph_program_fini(&survey->program);
    ph_table_fini(&survey->record_numbers);
    ph_free(survey->records);
    ph_free(survey->edges);
    ph_free(survey->orphans);
    ph_table_fini(&survey->searched);
    ph_free(survey->targets);
    ph_free(survey->changed);
    *survey = (struct ph_survey){0};
}

struct ph_record *ph_survey_record(const struct ph_survey *survey, uint32_t entry)
{
    uint32_t number;

    return ph_table_find(&survey->record_numbers, key_of(&entry), &number)
               ? &survey->records[number]
               : NULL;
}

struct ph_error *ph_survey_note(struct ph_survey *survey, uint32_t entry, struct ph_record **record)
{
    *record = ph_survey_record(survey, entry);
    if (*record)
        return NULL;
    if (survey->record_count >= PH_RECORDS_MOST) {
        survey->too_many = true;
        return NULL;
    }
    PH_TRY(ph_grow(&survey->records, &survey->record_capacity, survey->record_count + 1,
                   sizeof(*survey->records)));
    PH_TRY(ph_table_put(&survey->record_numbers, key_of(&entry), (uint32_t)survey->record_count));
    *record = &survey->records[survey->record_count++];
    **record = (struct ph_record){.entry = entry};
    return NULL;
}

struct ph_error *ph_survey_touch(struct ph_survey *survey, uint32_t rva)
{
    uint32_t known;

    if (ph_table_find(&survey->searched, key_of(&rva), &known)) {
        PH_TRY(ph_grow(&survey->changed, &survey->changed_capacity, survey->changed_count + 1,
                       sizeof(*survey->changed)));
        survey->changed[survey->changed_count++] = rva;
        return NULL;
    }
    PH_TRY(ph_grow(&survey->targets, &survey->target_capacity, survey->target_count + 1,
                   sizeof(*survey->targets)));
    PH_TRY(ph_table_put(&survey->searched, key_of(&rva), 1));
    survey->targets[survey->target_count++] = rva;
    return NULL;
}
