#pragma once
// Published figures beside predicted ones: which row of a retyped record
// (profiles/published/*.json, twinlink.published/1) belongs to a result.
//
// A row matches when machine, operation, ranks, bytes and algorithm do. Where our algorithm is not
// the published kernel but the nearest to it (one_shot beside ca_1stage), the record's `nearest`
// table says so, and so does Published::record. Records are looked at after a prediction is made;
// nothing in a prediction comes from here.
#include <optional>
#include <string>
#include <vector>

#include "scenarios/result.h"

namespace twinlink::scenarios {

struct PublishedRow {
  std::string machine, algorithm;  // our machine's name; their algorithm's
  int ranks = 0;
  Bytes bytes;
  double time_us = 0;
};

struct PublishedRecord {
  struct Alias {
    std::string ours, theirs;
    bool nearest = false;
  };
  std::string name, source, kind;
  double step_us = 0;  // times are printed in steps of this; 0: exact enough not to matter
  models::Operation operation = models::Operation::all_reduce;
  std::vector<Alias> aliases;
  std::vector<std::string> unmodelled;
  std::vector<PublishedRow> rows;
};

// Throws InputError (the record is ours, but it is a file all the same).
PublishedRecord read_published(const std::string& text, const std::string& file);
// Every record of the data directories that is about collectives.
std::vector<PublishedRecord> published_records();
// The matching row of the first record that has one.
std::optional<Published> find_published(const std::vector<PublishedRecord>& records,
                                        const Result& result);

}  // namespace twinlink::scenarios
