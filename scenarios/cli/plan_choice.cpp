#include "scenarios/cli/plan_choice.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "models/collectives/catalogue.h"
#include "scenarios/cli/session.h"
#include "scenarios/cli/words.h"
#include "scenarios/files/plan_json.h"
#include "scenarios/machine.h"
#include "scenarios/scenario.h"
#include "topology/error.h"

namespace twinlink::scenarios::cli {

void add_build_options(CLI::App& verb, PlanFlags& flags) {
  verb.add_option("-g,--ranks", flags.ranks, "Ranks")
      ->check(CLI::Range(1, models::kPlanLimits.ranks))
      ->capture_default_str();
  verb.add_option("--machine", flags.machine,
                  "Machine that the plan is for [one NVLink domain that can multicast]");
  verb.add_option("--ranks-per-gpu", flags.ranks_per_gpu, "Neighbouring ranks that share a GPU")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  verb.add_option("-b,--bytes", flags.bytes, "Size as in coll; of a scan: the state of one rank")
      ->capture_default_str();
  verb.add_option("-d,--element", flags.element, "fp32, fp64, bf16, fp16, or nccl-tests' name")
      ->capture_default_str();
  verb.add_option("--heads", flags.heads, "Heads of a scan: each has its own decay")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  verb.add_option("--launch", flags.launch, "graph or eager")->capture_default_str();
  verb.add_flag("--suffix", flags.suffix, "Scans from the last rank to the first");
}

namespace {

// What the plan may presume of its machine.
void describe(const PlanFlags& flags, models::CollectiveRequest& request) {
  if (flags.machine.empty()) {
    request.multicast = true;
    return;
  }
  check_machine(flags.machine);
  const int gpus = (flags.ranks + flags.ranks_per_gpu - 1) / flags.ranks_per_gpu;
  const topology::Topology machine = resolve_topology({flags.machine, {}, {}}, gpus, {});
  const auto have = static_cast<int>(machine.gpus().size());
  if (gpus > have)
    throw InputError(
        fmt::format("{} ranks do not fit on the {} GPUs of {}", flags.ranks, have, machine.name()));
  describe_machine(machine, request);
}

}  // namespace

models::Plan build_from(const PlanFlags& flags) {
  models::CollectiveRequest request;
  request.operation = operation_of(flags.algorithm, flags.operation);
  request.suffix = flags.suffix;
  request.gpu_of_rank = gpu_of_rank(flags.ranks, flags.ranks_per_gpu);
  request.bytes = parse_nccl_size(flags.bytes);
  request.element = parse_element(flags.element);
  request.heads = flags.heads;
  request.launch = parse_word<models::LaunchMode>("launch mode", flags.launch);
  describe(flags, request);
  return models::build_plan(models::find_algorithm(request.operation, flags.algorithm), request);
}

models::Plan read_plan_file(const std::string& path) { return read_plan(read_input(path), path); }

std::string plan_facts(const models::Plan& plan) {
  return fmt::format("{} ranks, {} ops, {} slices, {} dependencies", plan.ranks(), plan.ops.size(),
                     plan.slices.size(), plan.deps.size());
}

}  // namespace twinlink::scenarios::cli
