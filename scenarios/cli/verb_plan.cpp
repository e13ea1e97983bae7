// twinlink plan: a plan as JSON, built from an operation and an algorithm or read from a file.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "scenarios/cli/plan_choice.h"
#include "scenarios/cli/plan_dot.h"
#include "scenarios/cli/verbs.h"
#include "scenarios/files/plan_json.h"
#include "topology/error.h"

namespace twinlink::scenarios::cli {
namespace {

struct PrintFlags {
  PlanFlags plan;
  std::string output;
  bool dot = false;
};

models::Plan plan_to_print(const PlanFlags& flags) {
  const bool from_file = !flags.plan.empty();
  if (from_file && !(flags.operation.empty() && flags.algorithm.empty()))
    throw UsageError("--plan FILE takes no operation and no --alg");
  if (from_file) return read_plan_file(flags.plan);
  if (flags.algorithm.empty()) throw UsageError("say which plan: OP --alg NAME, or --plan FILE");
  return build_from(flags);
}

int act(const PrintFlags& flags, Session& session) {
  const models::Plan plan = plan_to_print(flags.plan);
  session.note(fmt::format("{}: {}", plan.name, plan_facts(plan)));
  const std::string text = flags.dot ? plan_dot(plan) : write_plan(plan);
  session.deliver(text, flags.output);
  return kOk;
}

}  // namespace

void add_plan(CLI::App& app, Session& session) {
  auto flags = std::make_shared<PrintFlags>();
  CLI::App* verb =
      app.add_subcommand("plan", "Print a plan: what moves, where, and in which order");
  verb->add_option("OP", flags->plan.operation, "Operation [the algorithm's]");
  verb->add_option("--alg", flags->plan.algorithm, "Algorithm (twinlink list algorithms)");
  verb->add_option("--plan", flags->plan.plan, "Read this plan, check its form, print it again");
  add_build_options(*verb, flags->plan);
  verb->add_flag("--dot", flags->dot, "As Graphviz DOT: ops by rank, dependencies");
  verb->add_option("-o,--output", flags->output, "Write it here instead of to stdout");
  verb->callback(
      [flags, &session] { session.action = [flags, &session] { return act(*flags, session); }; });
}

}  // namespace twinlink::scenarios::cli
