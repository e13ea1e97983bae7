#pragma once
// Two sets of results, row by row: what became faster or slower (analysis/comparison.h).
//
// Rows belong together if scenario, variant, operation or workload, algorithm, machine, executor,
// ranks, bytes and every key of a workload are equal; several such rows are taken in their order.
// Two rows without a time are not compared. A row whose answer was right and is wrong is named,
// whatever its time.
#include <string>
#include <vector>

#include "analysis/comparison.h"
#include "scenarios/report/stored_results.h"

namespace twinlink::scenarios {

struct ComparedRow {
  const Result *a = nullptr, *b = nullptr;
  analysis::Comparison times;
  bool became_wrong = false;
};

struct ComparedResults {
  std::vector<ComparedRow> rows;  // in the order of the first file
  std::vector<const Result*> only_a, only_b;
  std::vector<ComparedRow> untimed;  // one of the two, or both, has no time

  [[nodiscard]] int count(analysis::Change change) const;
  [[nodiscard]] int became_wrong() const;
};

// What identifies a row, as text: equal for rows that belong together. Without the executor, rows
// of a simulation and of a real run belong together too.
std::string match_key(const Result& row, bool with_executor);
// The result points into `a` and `b`.
ComparedResults compare_results(const std::vector<Result>& a, const std::vector<Result>& b,
                                double threshold);

// For people; one JSON object (twinlink.comparison/1).
std::string comparison_text(const ComparedResults& compared, double threshold);
std::string comparison_json(const ComparedResults& compared, double threshold);

}  // namespace twinlink::scenarios
