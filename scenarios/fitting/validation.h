#pragma once
// Predicted against measured, per suite and split, beside the baselines; and gates on the figures.
//
// model `profile`: the profile as it is, judged on every row (split `none`). model `refitted`: for
// each split, the constants are fitted to the rows left in and judged on the rows left out.
// model `alpha_beta`: one line per algorithm (analysis/alpha_beta.h), fitted and judged likewise.
// A suite is one set of rows on one machine; what was refitted is also judged over all suites.
#include <string>
#include <vector>

#include "analysis/accuracy.h"
#include "analysis/splits.h"
#include "models/cost/calibration.h"
#include "scenarios/fitting/observations.h"

namespace twinlink::scenarios {

struct Verdict {
  std::string suite, split, model;
  analysis::Accuracy accuracy;
};

struct ValidationChoice {
  bool refit = false;   // also the refitted model, for every split
  std::string profile;  // file or name for every suite; empty: each machine's own
  std::vector<std::string> constants = {};  // refitted; empty: all that matter
};

struct Validation {
  std::vector<Verdict> verdicts;
  std::vector<Observation> rows;  // with predicted_us of the profile as it is
};

Validation validate(const Observations& observations, const ValidationChoice& choice);

// twinlink.gates/1: {"schema": ..., "gates": [{"suite": "vllm_allreduce hgx-h100", "split": "none",
// "model": "profile", "field": "median_ape", "max": 4}]}; fields are those of the JSON verdict,
// with "max" or "min". Returns a sentence for each gate that does not hold; a gate that selects no
// verdict fails. Throws InputError with all issues of the file.
std::vector<std::string> failed_gates(const std::string& text, const std::string& file,
                                      const std::vector<Verdict>& verdicts);

// {"suite": ..., "split": ..., "model": ..., "n": ..., "median_ape": ..., ...}: one line.
std::string to_json_line(const Verdict& verdict);
// All of them, one line each, with a head.
std::string verdict_table(const std::vector<Verdict>& verdicts);

}  // namespace twinlink::scenarios
