#include "scenarios/fitting/held_out.h"

#include <map>

#include "scenarios/fitting/predictor.h"

namespace twinlink::scenarios {
namespace {

using analysis::Sample;

// Sorted behind the suites.
constexpr const char* kPooled = "| all alone but NCCL";

void judge(const std::vector<Observation>& rows, const std::string& model, const std::string& split,
           const models::CalibrationProfile& profile, std::vector<Verdict>& out) {
  if (rows.empty()) return;
  const Predictor predictor(rows.front().row.machine, rows);
  const std::vector<double> times = predictor.predict_us(profile);
  std::map<std::string, std::vector<Sample>> suites;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Sample sample = rows[i].row;
    sample.predicted_us = times[i];
    suites[rows[i].suite].push_back(sample);
    if (!sample.together && sample.algorithm != "nccl") suites[kPooled].push_back(sample);
  }
  for (const auto& [suite, samples] : suites)
    out.push_back({suite, split, model, analysis::accuracy(samples)});
}

}  // namespace

Halves hold_out(const std::vector<Observation>& rows, analysis::Split split) {
  std::vector<Sample> samples;
  for (const Observation& row : rows) samples.push_back(row.row);
  const std::vector<analysis::Fold> folds = analysis::folds(samples, split);
  if (split == analysis::Split::none || folds.empty()) return {rows, {}};
  Halves halves;
  for (const std::size_t i : folds.front().fit) halves.fit.push_back(rows[i]);
  for (const std::size_t i : folds.front().judge) halves.judge.push_back(rows[i]);
  return halves;
}

std::vector<Verdict> judge_halves(const Halves& halves, analysis::Split split,
                                  const models::CalibrationProfile& profile) {
  std::vector<Verdict> verdicts;
  const std::string name(name_of(split));
  judge(halves.fit, "fitted", name, profile, verdicts);
  judge(halves.judge, "held_out", name, profile, verdicts);
  return verdicts;
}

}  // namespace twinlink::scenarios
