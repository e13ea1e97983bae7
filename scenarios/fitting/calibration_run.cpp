#include "scenarios/fitting/calibration_run.h"

#include <algorithm>
#include <cmath>

#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

using models::CalibrationProfile;
using models::ConstantTraits;

bool is_wire(const ConstantTraits& traits) {
  using P = CalibrationProfile;
  return traits.field == &P::wire_pull || traits.field == &P::wire_pull_request ||
         traits.field == &P::wire_push || traits.field == &P::wire_push_ack ||
         traits.field == &P::wire_copy;
}

bool is_fittable(const ConstantTraits& traits) {
  return traits.unit == "us" || traits.unit == "GB/s" || is_wire(traits) ||
         traits.field == &CalibrationProfile::hbm_turn;
}

// Single copies tell wire factors from the rest; collectives alone do not.
bool tells_wires(const std::vector<Observation>& rows) {
  return std::any_of(rows.begin(), rows.end(), [](const Observation& o) { return o.piece; });
}

std::vector<const ConstantTraits*> traits_of(const std::vector<std::string>& names) {
  std::vector<const ConstantTraits*> found;
  for (const ConstantTraits& traits : models::constant_table())
    if (std::find(names.begin(), names.end(), traits.name) != names.end()) found.push_back(&traits);
  return found;
}

bool touches(const Predictor& predictor, const CalibrationProfile& base,
             const std::vector<double>& before, const ConstantTraits& traits) {
  CalibrationProfile changed = base;
  (changed.*traits.field).value *= 1.1;
  const std::vector<double> after = predictor.predict_us(changed);
  for (std::size_t i = 0; i < before.size(); ++i)
    if (std::abs(after[i] / before[i] - 1) > kTouch) return true;
  return false;
}

std::vector<const ConstantTraits*> choose(const Predictor& predictor,
                                          const CalibrationProfile& base,
                                          const CalibrationChoice& choice, bool wires) {
  const std::vector<double> before = predictor.predict_us(base);
  std::vector<const ConstantTraits*> chosen;
  for (const ConstantTraits* traits : traits_of(fittable_constants(choice.constants)))
    if ((wires || !is_wire(*traits)) && (base.*traits->field).value > 0 &&
        touches(predictor, base, before, *traits))
      chosen.push_back(traits);
  return chosen;
}

void put(CalibrationProfile& profile, const std::vector<const ConstantTraits*>& chosen,
         const std::vector<double>& values) {
  for (std::size_t i = 0; i < chosen.size(); ++i) (profile.*chosen[i]->field).value = values[i];
}

analysis::FitData data_of(const Predictor& predictor, const std::vector<Observation>& rows,
                          const CalibrationProfile& base,
                          const std::vector<const ConstantTraits*>& chosen) {
  analysis::FitData data;
  for (const ConstantTraits* traits : chosen) {
    const double start = (base.*traits->field).value;
    data.parameters.push_back({std::string(traits->name), start, start / kReach, start * kReach});
  }
  for (const Observation& row : rows) {
    data.measured_us.push_back(row.row.measured_us);
    data.sigma.push_back(row.sigma);
  }
  data.predict = [&predictor, base, chosen](const std::vector<double>& values) {
    CalibrationProfile profile = base;
    put(profile, chosen, values);
    return predictor.predict_us(profile);
  };
  return data;
}

}  // namespace

std::vector<std::string> fittable_constants(const std::vector<std::string>& asked) {
  std::vector<std::string> all;
  for (const ConstantTraits& traits : models::constant_table())
    if (is_fittable(traits)) all.emplace_back(traits.name);
  if (asked.empty()) return all;
  for (const std::string& name : asked)
    if (std::find(all.begin(), all.end(), name) == all.end())
      throw UsageError("\"" + name + "\" is no constant that can be fitted." +
                       did_you_mean(name, all));
  return asked;
}

CalibrationOutcome calibrate(const Predictor& predictor, const std::vector<Observation>& rows,
                             const CalibrationProfile& base, const CalibrationChoice& choice,
                             const std::string& source) {
  const std::vector<const ConstantTraits*> chosen =
      choose(predictor, base, choice, !choice.constants.empty() || tells_wires(rows));
  CalibrationOutcome outcome{base, {}};
  outcome.fit = analysis::fit(data_of(predictor, rows, base, chosen), choice.fit);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const analysis::Estimate& estimate = outcome.fit.estimates[i];
    if (!estimate.identified) continue;
    outcome.profile.*chosen[i]->field = {estimate.value, estimate.value * estimate.spread,
                                         Provenance::fitted, source};
  }
  for (const Observation& row : rows) {
    CalibrationProfile& p = outcome.profile;
    const Bytes bytes{row.row.bytes};
    if (row.row.bytes == 0) continue;  // a fact, not a transfer
    p.calibrated_ranks = std::max(p.calibrated_ranks, row.row.ranks);
    if (p.calibrated_bytes_max.count == 0 || bytes < p.calibrated_bytes_min)
      p.calibrated_bytes_min = bytes;
    p.calibrated_bytes_max = std::max(p.calibrated_bytes_max, bytes);
  }
  return outcome;
}

}  // namespace twinlink::scenarios
