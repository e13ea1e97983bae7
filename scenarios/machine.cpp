#include "scenarios/machine.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "scenarios/files/profile_json.h"
#include "scenarios/files/read_file.h"
#include "scenarios/files/topology_json.h"
#include "scenarios/json/document.h"
#include "topology/domains.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

namespace fs = std::filesystem;

// Stands at a field of the scenario.
[[noreturn]] void refuse_at(const std::string& pointer, const std::string& message) {
  throw InputError(message, pointer);
}

// Issues that name no file of their own stand in the scenario, at its machine.
std::vector<InputIssue> standing_in(const Scenario& scenario, std::vector<InputIssue> issues) {
  for (InputIssue& issue : issues) {
    if (!issue.file.empty()) continue;
    issue.file = scenario.file;
    constexpr std::string_view kDegrade = "/degrade", kMachine = "/machine";
    if (issue.pointer.starts_with(kDegrade))
      issue.pointer = scenario.machine.degrade_at + issue.pointer.substr(kDegrade.size());
    else if (issue.pointer.starts_with(kMachine))
      issue.pointer = scenario.machine.at + issue.pointer.substr(kMachine.size());
  }
  return issues;
}

// Beside the scenario, then in the working directory.
fs::path find_file(const std::string& name, const fs::path& beside, const std::string& pointer) {
  for (const fs::path& path : {beside / name, fs::path(name)})
    if (fs::is_regular_file(path)) return path;
  refuse_at(pointer, "there is no file " + quote(name));
}

std::string name_of_topology(const MachineSpec& spec, const fs::path& beside) {
  return resolve_topology(spec, 1, beside).name();
}

// The profile that belongs to a machine; empty: none does.
std::string own_profile(const MachineSpec& spec, const fs::path& beside) {
  if (const auto preset = topology::find_preset(spec.name)) return std::string(preset->profile);
  if (spec.inline_json.empty() && !is_file_name(spec.name)) return {};
  MachineSpec whole = spec;
  whole.degrade.clear();
  const std::string name = name_of_topology(whole, beside);
  if (const auto preset = topology::find_preset(name)) return std::string(preset->profile);
  return find_data(fs::path("profiles/machines") / (name + ".json")).empty() ? "" : name;
}

std::vector<std::string> profile_names() {
  std::set<std::string> names{models::ideal_profile().name};
  for (const std::string& name : data_names("profiles/machines")) names.insert(name);
  return {names.begin(), names.end()};
}

models::CalibrationProfile named_profile(const std::string& name) {
  if (name == models::ideal_profile().name) return models::ideal_profile();
  const fs::path path = find_data(fs::path("profiles/machines") / (name + ".json"));
  if (!path.empty()) return read_profile(read_file(path), path.string());
  const std::vector<std::string> known = profile_names();
  const std::string hint = did_you_mean(name, known);
  refuse_at("/profile", quote(name) + " is not a known profile" +
                            (hint.empty() ? "; known are " + join(known) : "." + hint));
}

topology::Topology whole_topology(const MachineSpec& spec, int gpus, const fs::path& beside) {
  if (!spec.inline_json.empty()) return read_topology(spec.inline_json, {});
  if (!is_file_name(spec.name)) return topology::make_preset(spec.name, gpus);
  const fs::path path = find_file(spec.name, beside, "/machine");
  return read_topology(read_file(path), path.string());
}

fs::path program_directory() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path() : program.parent_path();
}

}  // namespace

bool is_file_name(const std::string& name) {
  return name.find('/') != std::string::npos || name.ends_with(".json");
}

topology::Topology resolve_topology(const MachineSpec& spec, int gpus, const fs::path& beside) {
  topology::Topology whole = whole_topology(spec, gpus, beside);
  return spec.degrade.empty() ? whole : topology::degrade(whole, spec.degrade);
}

models::CalibrationProfile resolve_profile(const MachineSpec& spec, const std::string& profile,
                                           const fs::path& beside) {
  if (is_file_name(profile)) {
    const fs::path path = find_file(profile, beside, "/profile");
    return read_profile(read_file(path), path.string());
  }
  const std::string name = profile.empty() ? own_profile(spec, beside) : profile;
  if (name.empty())
    refuse_at("/profile", "this machine has no calibration profile of its own; name one of " +
                              join(profile_names()) + ", or a file");
  return named_profile(name);
}

std::string machine_name(const Scenario& scenario) {
  MachineSpec whole = scenario.machine;
  whole.degrade.clear();
  return name_of_topology(whole, fs::path(scenario.file).parent_path());
}

Machine resolve_machine(const Scenario& scenario, int gpus) try {
  const fs::path beside = fs::path(scenario.file).parent_path();
  return {resolve_topology(scenario.machine, gpus, beside),
          resolve_profile(scenario.machine, scenario.profile, beside)};
} catch (const InputError& error) {
  throw InputError(standing_in(scenario, error.issues()));
}

void describe_machine(const topology::Topology& topology, models::CollectiveRequest& request) {
  const std::vector<std::int32_t> domains = topology::nvlink_domains(topology);
  request.domain_of_rank.clear();
  for (const std::int32_t gpu : request.gpu_of_rank)
    request.domain_of_rank.push_back(domains.at(static_cast<std::size_t>(gpu)));
  request.multicast = topology::multicast(topology);
}

double bytes_per_s_out(const topology::Topology& topology) {
  double total = 0;
  for (const topology::Link& link : topology.links())
    if (link.from == topology.gpus().front())
      total += static_cast<double>(link.bandwidth.bytes_per_s);
  return total;
}

std::vector<std::int32_t> gpu_of_rank(int ranks, int ranks_per_gpu) {
  std::vector<std::int32_t> gpus;
  for (int rank = 0; rank < ranks; ++rank) gpus.push_back(rank / ranks_per_gpu);
  return gpus;
}

std::vector<fs::path> data_directories() {
  std::vector<fs::path> found;
  const char* chosen = std::getenv("TWINLINK_DATA");
  const fs::path installed = program_directory().parent_path() / "share" / "twinlink";
  for (const fs::path& path :
       {fs::path(chosen == nullptr ? "" : chosen), installed, fs::path(TL_DATA_SOURCE)}) {
    std::error_code error;
    if (!path.empty() && fs::is_directory(path, error)) found.push_back(path);
  }
  return found;
}

fs::path find_data(const fs::path& relative) {
  for (const fs::path& directory : data_directories()) {
    std::error_code error;
    if (fs::exists(directory / relative, error)) return directory / relative;
  }
  return {};
}

std::vector<std::string> data_names(const fs::path& folder) {
  std::set<std::string> names;
  for (const fs::path& directory : data_directories()) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory / folder, error))
      if (entry.path().extension() == ".json") names.insert(entry.path().stem().string());
  }
  return {names.begin(), names.end()};
}

}  // namespace twinlink::scenarios
