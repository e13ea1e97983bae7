#pragma once
// From the name, file or inline object of a scenario to a Topology and its CalibrationProfile; and
// where presets' profiles, the library and the schemas are found.
//
// Data directories, in this order: $TWINLINK_DATA; <program>/../share/twinlink (installed);
// the source tree the program was built from. Each has profiles/machines, library and schema.
// A name is a file if it has a '/' or ends in ".json"; files are looked for beside the scenario,
// then in the working directory. Throws InputError (file, pointer /machine or /profile).
#include <filesystem>
#include <string>
#include <vector>

#include "models/collectives/catalogue.h"
#include "models/cost/calibration.h"
#include "scenarios/scenario.h"
#include "topology/topology.h"

namespace twinlink::scenarios {

struct Machine {
  topology::Topology topology;
  models::CalibrationProfile profile;
};

// What results call it.
std::string machine_name(const Scenario& scenario);
// `gpus` is used by presets of any size (crossbar). Degradations are applied.
Machine resolve_machine(const Scenario& scenario, int gpus);
// `beside`: the directory of the file that names the machine; empty: none.
topology::Topology resolve_topology(const MachineSpec& spec, int gpus,
                                    const std::filesystem::path& beside);
// `profile` empty: the machine's own (by the preset's or the topology's name).
models::CalibrationProfile resolve_profile(const MachineSpec& spec, const std::string& profile,
                                           const std::filesystem::path& beside);

// Fills in what a request says of its machine (domain_of_rank, multicast), for its gpu_of_rank.
void describe_machine(const topology::Topology& topology, models::CollectiveRequest& request);

// What `name` of a machine is.
bool is_file_name(const std::string& name);
// What the links out of the first GPU carry together, bytes per second.
double bytes_per_s_out(const topology::Topology& topology);
// rank -> GPU: neighbours share a GPU when ranks_per_gpu > 1.
std::vector<std::int32_t> gpu_of_rank(int ranks, int ranks_per_gpu);

// Existing data directories, best first.
std::vector<std::filesystem::path> data_directories();
// First data directory that has `relative` (e.g. "schema/scenario-1.schema.json"), joined with it;
// empty if none has.
std::filesystem::path find_data(const std::filesystem::path& relative);
// Names (stems) of the .json files of a data folder such as "library", sorted, each once.
std::vector<std::string> data_names(const std::filesystem::path& folder);

}  // namespace twinlink::scenarios
