// twinlink topo NAME|FILE: a machine as text, JSON or DOT, also with degraded links.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <filesystem>
#include <memory>

#include "scenarios/cli/verbs.h"
#include "scenarios/cli/words.h"
#include "scenarios/files/topology_json.h"
#include "scenarios/machine.h"
#include "topology/describe.h"
#include "topology/error.h"
#include "topology/presets.h"

namespace twinlink::scenarios::cli {
namespace {

struct TopoFlags {
  std::string machine, output;
  std::vector<std::string> degrade;
  int gpus = 8;
  bool json = false, dot = false;
};

// "gpu0:nvswitch3:0.5"; "gpu0::0" means every link of gpu0.
topology::Degradation parse_degradation(const std::string& text) {
  const std::size_t first = text.find(':'), last = text.rfind(':');
  topology::Degradation out;
  if (first != last) {
    out.from = text.substr(0, first);
    out.to = text.substr(first + 1, last - first - 1);
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + last + 1, end, out.factor);
    if (error == std::errc() && rest == end && !out.from.empty() && out.factor >= 0 &&
        out.factor <= 1)
      return out;
  }
  throw UsageError(fmt::format(
      "--degrade {}: must be from:to:factor with a factor in [0, 1], e.g. gpu0:nvswitch3:0.5",
      text));
}

int act(const TopoFlags& flags, Session& session) {
  check_machine(flags.machine);
  if (flags.json && flags.dot) throw UsageError("--json and --dot exclude each other");
  MachineSpec spec;
  spec.name = flags.machine;
  for (const std::string& text : flags.degrade) spec.degrade.push_back(parse_degradation(text));
  const topology::Topology topology = resolve_topology(spec, flags.gpus, {});
  const std::string text = flags.json  ? write_topology(topology)
                           : flags.dot ? topology::to_dot(topology)
                                       : topology::to_text(topology);
  session.deliver(text, flags.output);
  return kOk;
}

}  // namespace

void add_topo(CLI::App& app, Session& session) {
  auto flags = std::make_shared<TopoFlags>();
  CLI::App* verb = app.add_subcommand("topo", "Describe a machine: nodes, links, a route");
  verb->add_option("MACHINE", flags->machine, "A name (twinlink list machines) or a file")
      ->required();
  verb->add_option("-g,--gpus", flags->gpus, "GPUs of a machine of any size (crossbar)")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  verb->add_option("--degrade", flags->degrade,
                   "from:to:factor; 0 removes the links, an empty `to` means all of `from`")
      ->expected(1)
      ->take_all();
  verb->add_flag("--json", flags->json, "As twinlink.topology/1");
  verb->add_flag("--dot", flags->dot, "As Graphviz DOT");
  verb->add_option("-o,--output", flags->output, "Write it here instead of to stdout");
  verb->callback(
      [flags, &session] { session.action = [flags, &session] { return act(*flags, session); }; });
}

}  // namespace twinlink::scenarios::cli
