// twinlink check: the proof of a plan, check by check. Exit code 3 when it is wrong.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "models/checks/proof.h"
#include "scenarios/cli/plan_choice.h"
#include "scenarios/cli/verbs.h"
#include "scenarios/machine.h"
#include "scenarios/run.h"
#include "scenarios/verdict.h"
#include "scenarios/version.h"
#include "topology/error.h"

namespace twinlink::scenarios::cli {
namespace {

using models::Plan;
using models::Proof;

constexpr std::size_t kShownFindings = 5;

struct Flags {
  PlanFlags plan;
  bool json = false;
};

// One check and what it found; none: not run, because the structure is broken.
struct Step {
  models::Check check;
  std::optional<Proof> proof;
};

using Steps = std::array<Step, 4>;

Steps run_checks(const Plan& plan) {
  Steps steps{Step{models::Check::structure, models::check_structure(plan)},
              Step{models::Check::provenance, {}}, Step{models::Check::race, {}},
              Step{models::Check::deadlock, {}}};
  if (!steps[0].proof->correct()) return steps;
  steps[1].proof = models::check_provenance(plan);
  steps[2].proof = models::check_races(plan);
  steps[3].proof = models::check_deadlock(plan);
  return steps;
}

bool correct(const Steps& steps) {
  for (const Step& step : steps)
    if (!step.proof || !step.proof->correct()) return false;
  return true;
}

std::vector<Rank> wrong_ranks(const Steps& steps) {
  std::vector<Rank> ranks;
  for (const Step& step : steps)
    if (step.proof)
      ranks.insert(ranks.end(), step.proof->wrong_ranks.begin(), step.proof->wrong_ranks.end());
  std::sort(ranks.begin(), ranks.end());
  ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
  return ranks;
}

std::string step_text(const Step& step) {
  const std::string name(models::name_of(step.check));
  if (!step.proof) return fmt::format("{:<11} not run: the structure is broken\n", name);
  if (step.proof->correct()) return fmt::format("{:<11} ok\n", name);
  std::string out = fmt::format("{:<11} {} finding{}\n", name, step.proof->total,
                                step.proof->total == 1 ? "" : "s");
  const std::size_t shown = std::min(kShownFindings, step.proof->findings.size());
  for (std::size_t i = 0; i < shown; ++i)
    out += fmt::format("  {}\n", step.proof->findings[i].message);
  if (step.proof->total > static_cast<std::int64_t>(shown))
    out += fmt::format("  and {} more\n", step.proof->total - static_cast<std::int64_t>(shown));
  return out;
}

std::string report(const Plan& plan, const Steps& steps) {
  std::string out = fmt::format("plan        {}: {}\n", plan.name, plan_facts(plan));
  for (const Step& step : steps) out += step_text(step);
  const std::vector<Rank> wrong = wrong_ranks(steps);
  if (!wrong.empty())
    out += fmt::format("wrong ranks {} of {}: {}\n", wrong.size(), plan.ranks(), ranks_text(wrong));
  return out + fmt::format("verdict     {}\n", correct(steps) ? "correct" : "WRONG");
}

nlohmann::ordered_json findings(const Proof& proof) {
  auto rows = nlohmann::ordered_json::array();
  for (const models::Finding& finding : proof.findings) {
    nlohmann::ordered_json row;
    row["rank"] = finding.rank.valid() ? nlohmann::ordered_json(finding.rank.value) : nullptr;
    row["op"] = finding.op.valid() ? nlohmann::ordered_json(finding.op.value) : nullptr;
    row["message"] = finding.message;
    rows.push_back(std::move(row));
  }
  return rows;
}

nlohmann::ordered_json step_json(const Step& step) {
  nlohmann::ordered_json out;
  out["check"] = models::name_of(step.check);
  out["run"] = step.proof.has_value();
  if (!step.proof) return out;
  out["total"] = step.proof->total;
  out["findings"] = findings(*step.proof);
  return out;
}

std::string report_json(const Plan& plan, const Steps& steps) {
  nlohmann::ordered_json out;
  out["schema"] = "twinlink.check/1";
  out["plan"] = plan.name;
  out["ranks"] = plan.ranks();
  out["ops"] = plan.ops.size();
  out["correct"] = correct(steps);
  out["wrong_ranks"] = nlohmann::ordered_json::array();
  for (const Rank rank : wrong_ranks(steps)) out["wrong_ranks"].push_back(rank.value);
  out["checks"] = nlohmann::ordered_json::array();
  for (const Step& step : steps) out["checks"].push_back(step_json(step));
  out["version"] = version();
  return out.dump(2) + "\n";
}

Plan chosen_plan(PlanFlags flags) {
  if (flags.plan == "-" || is_file_name(flags.plan) || std::filesystem::is_regular_file(flags.plan))
    return read_plan_file(flags.plan);
  flags.algorithm = flags.plan;
  return build_from(flags);
}

int act(const Flags& flags, Session& session) {
  const Plan plan = chosen_plan(flags.plan);
  const Steps steps = run_checks(plan);
  session.out = flags.json ? report_json(plan, steps) : report(plan, steps);
  return correct(steps) ? kOk : kFailed;
}

}  // namespace

void add_check(CLI::App& app, Session& session) {
  auto flags = std::make_shared<Flags>();
  CLI::App* verb = app.add_subcommand("check", "Prove a plan: provenance, races, deadlock");
  verb->add_option("--plan", flags->plan.plan,
                   "Algorithm (twinlink list algorithms), plan file or -")
      ->required();
  verb->add_option("--operation", flags->plan.operation, "Operation [the algorithm's]");
  add_build_options(*verb, flags->plan);
  verb->add_flag("--json", flags->json, "As one JSON object");
  verb->callback(
      [flags, &session] { session.action = [flags, &session] { return act(*flags, session); }; });
}

}  // namespace twinlink::scenarios::cli
