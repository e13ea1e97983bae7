#include "scenarios/verdict.h"

#include <fmt/format.h>

#include <algorithm>

#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

using models::Proof;

bool only_provenance(const Proof& proof) {
  return std::all_of(proof.findings.begin(), proof.findings.end(),
                     [](const models::Finding& f) { return f.check == models::Check::provenance; });
}

}  // namespace

std::string why_wrong(const Proof& proof, int ranks) {
  std::string text;
  if (!proof.wrong_ranks.empty())
    text = fmt::format("wrong at {} of {} ranks ({})", proof.wrong_ranks.size(), ranks,
                       ranks_text(proof.wrong_ranks));
  if (proof.findings.empty()) return text;
  const models::Finding& first = proof.findings.front();
  return fmt::format("{}{}{}: {}", text, text.empty() ? "" : "; ", models::name_of(first.check),
                     first.message);
}

void ensure_resident(const models::Plan& plan, const models::CalibrationProfile& profile) {
  const int slots = models::cta_slots(profile);
  if (slots == 0) return;
  const Proof fits = models::check_residency(plan, slots);
  if (!fits.correct())
    throw UnsupportedError(fits.findings.front().message +
                           " (use fewer \"ctas\" or \"ranks_per_gpu\")");
}

std::string text_of(const sim::Bottleneck& bottleneck) {
  if (bottleneck.resource.empty()) return "";
  return fmt::format("{} ({:.0f}%)", bottleneck.resource, 100 * bottleneck.utilisation);
}

std::string ranks_text(const std::vector<Rank>& ranks) {
  std::string text;
  for (std::size_t i = 0; i < ranks.size();) {
    std::size_t end = i + 1;
    while (end < ranks.size() && ranks[end].value == ranks[end - 1].value + 1) ++end;
    text += (text.empty() ? "" : ", ") + std::to_string(ranks[i].value);
    if (end - i > 1) text += "-" + std::to_string(ranks[end - 1].value);
    i = end;
  }
  return text;
}

void add_numbers(const models::Execution& run, const char* whose, Result& result) {
  if (!run.numbers) return;
  result.correct = result.correct.value_or(true) && run.numbers->correct;
  if (!run.numbers->correct && result.reason.empty())
    result.reason = fmt::format("numbers of the {}: {}", whose, run.numbers->reason);
}

void add_verdict(const Proof& proof, const models::Algorithm& algorithm, Result& result) {
  result.correct = result.correct.value_or(true) && proof.correct();
  if (proof.correct()) return;
  result.wrong_ranks = static_cast<int>(proof.wrong_ranks.size());
  result.expected_wrong =
      algorithm.wrong_from > 0 && result.ranks >= algorithm.wrong_from && only_provenance(proof);
  result.reason = why_wrong(proof, result.ranks);
  if (result.expected_wrong)
    result.reason = fmt::format("as published, {} is wrong from {} ranks on: {}", algorithm.name,
                                algorithm.wrong_from, result.reason);
}

}  // namespace twinlink::scenarios
