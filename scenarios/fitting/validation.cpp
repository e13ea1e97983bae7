#include "scenarios/fitting/validation.h"

#include <map>

#include "analysis/alpha_beta.h"
#include "scenarios/fitting/calibration_run.h"
#include "scenarios/fitting/predictor.h"
#include "scenarios/machine.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

using analysis::Sample;
using Observed = std::vector<Observation>;
using Pooled = std::map<analysis::Split, std::vector<Sample>>;  // refitted, of all suites

// Sorted behind the suites.
constexpr const char* kAllSuites = "| all suites";

std::vector<Sample> samples_of(const Observed& rows) {
  std::vector<Sample> samples;
  for (const Observation& row : rows) samples.push_back(row.row);
  return samples;
}

template <class T>
std::vector<T> pick(const std::vector<T>& all, const std::vector<std::size_t>& which) {
  std::vector<T> picked;
  for (const std::size_t i : which) picked.push_back(all[i]);
  return picked;
}

std::vector<Sample> predicted(const Observed& rows, const std::vector<double>& times) {
  std::vector<Sample> samples = samples_of(rows);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i].predicted_us = times[i];
  return samples;
}

class Suite {
 public:
  Suite(std::string name, Observed rows, const ValidationChoice& choice, Pooled& pooled)
      : name_(std::move(name)),
        rows_(std::move(rows)),
        machine_(rows_.front().row.machine),
        predictor_(machine_, rows_),
        profile_(choice.profile.empty()
                     ? predictor_.own_profile()
                     : resolve_profile({.name = machine_, .inline_json = "", .degrade = {}},
                                       choice.profile, {})),
        constants_(choice.constants),
        pooled_(&pooled) {}

  void judge(const ValidationChoice& choice, Validation& out) {
    const std::vector<Sample> as_is = predicted(rows_, predictor_.predict_us(profile_));
    add(out, analysis::Split::none, "profile", as_is);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      out.rows.push_back(rows_[i]);
      out.rows.back().row = as_is[i];
    }
    for (const analysis::Split split : analysis::all_splits()) {
      if (choice.refit) add_refitted(out, split);
      add(out, split, "alpha_beta", by_lines(split));
    }
  }

 private:
  void add(Validation& out, analysis::Split split, const char* model,
           const std::vector<Sample>& judged) const {
    if (judged.empty()) return;
    out.verdicts.push_back({name_, std::string(name_of(split)), model, analysis::accuracy(judged)});
  }

  void add_refitted(Validation& out, analysis::Split split) {
    const std::vector<Sample> judged = refitted(split);
    add(out, split, "refitted", judged);
    std::vector<Sample>& all = (*pooled_)[split];
    all.insert(all.end(), judged.begin(), judged.end());
  }

  // What was held out, pooled over the folds.
  [[nodiscard]] std::vector<Sample> refitted(analysis::Split split) const {
    std::vector<Sample> judged;
    for (const analysis::Fold& fold : analysis::folds(samples_of(rows_), split)) {
      const Observed fit_rows = pick(rows_, fold.fit), held = pick(rows_, fold.judge);
      const Predictor fitter(machine_, fit_rows), judge(machine_, held);
      const CalibrationOutcome outcome =
          calibrate(fitter, fit_rows, profile_, {constants_, {}}, "validation");
      const std::vector<Sample> part = predicted(held, judge.predict_us(outcome.profile));
      judged.insert(judged.end(), part.begin(), part.end());
    }
    return judged;
  }

  [[nodiscard]] std::vector<Sample> by_lines(analysis::Split split) const {
    const std::vector<Sample> all = samples_of(rows_);
    std::vector<Sample> judged;
    for (const analysis::Fold& fold : analysis::folds(all, split)) {
      const analysis::AlphaBeta lines(pick(all, fold.fit));
      for (Sample held : pick(all, fold.judge)) {
        held.predicted_us = lines.predict_us(held);
        if (held.predicted_us > 0) judged.push_back(held);
      }
    }
    return judged;
  }

  std::string name_;
  Observed rows_;
  std::string machine_;
  Predictor predictor_;
  models::CalibrationProfile profile_;
  std::vector<std::string> constants_;
  Pooled* pooled_;
};

}  // namespace

Validation validate(const Observations& observations, const ValidationChoice& choice) {
  std::map<std::string, Observed> suites;
  for (const Observation& row : observations.rows) suites[row.suite].push_back(row);
  Validation out;
  Pooled pooled;
  for (auto& [name, rows] : suites) Suite(name, std::move(rows), choice, pooled).judge(choice, out);
  if (suites.size() < 2) return out;
  for (const auto& [split, judged] : pooled)
    if (!judged.empty())
      out.verdicts.push_back(
          {kAllSuites, std::string(name_of(split)), "refitted", analysis::accuracy(judged)});
  return out;
}

}  // namespace twinlink::scenarios
