#pragma once
// Published figures of workloads beside ours (profiles/published/*.json that have a "workload").
//
// {"schema": "twinlink.published/1", "name", "about", "source", "kind", "workload": its kind,
//  "machine": our machine's name, "keys": names of fields, "unmodelled": names of figures,
//  "rows": [{"isl": 8192, "variant": "dep4", "attention_ms": 269.67, ...}]}
// A row belongs to a result of that workload and machine whose variant, algorithm, ranks, bytes or
// key field equals it under every one of "keys"; the other numbers of the row are published
// figures. Looked at after a prediction is made; nothing in a prediction comes from here.
#include <optional>
#include <string>
#include <vector>

#include "scenarios/result.h"

namespace twinlink::scenarios {

struct StudyRecord {
  struct Row {
    std::vector<Field> keys, figures;
  };
  std::string name, source, kind, workload, machine;
  std::vector<std::string> unmodelled;
  std::vector<Row> rows;
};

// Whether the text of a published record is one of these.
bool is_study_record(const std::string& text);
// Throws InputError (the record is ours, but it is a file all the same).
StudyRecord read_study_record(const std::string& text, const std::string& file);
// Every such record of the data directories.
std::vector<StudyRecord> study_records();
// The figures of the first row of each record that belongs to the result; where two records have
// the same figure, the first one's. A degraded machine is another machine.
std::optional<Published> find_published(const std::vector<StudyRecord>& records,
                                        const Result& result);

}  // namespace twinlink::scenarios
