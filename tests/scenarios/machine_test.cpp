#include "scenarios/machine.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "scenarios/files/profile_json.h"
#include "scenarios/files/topology_json.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::scenarios;

namespace {

namespace fs = std::filesystem;

// A folder of its own that goes away with the test.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("twinlink_" + std::to_string(::getpid()))) {
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  [[nodiscard]] const fs::path& path() const { return path_; }
  void put(const std::string& name, const std::string& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }

 private:
  fs::path path_;
};

Scenario scenario_on(const MachineSpec& machine, const std::string& profile) {
  Scenario scenario;
  scenario.machine = machine;
  scenario.profile = profile;
  return scenario;
}

std::string error_of(const Scenario& scenario) {
  try {
    resolve_machine(scenario, 2);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

constexpr const char* kBox = R"({"schema": "twinlink.topology/1", "name": "box",
  "nodes": [{"name": "a", "kind": "gpu"}, {"name": "b", "kind": "gpu"}],
  "links": [{"from": "a", "to": "b", "bandwidth": "100 GB/s", "latency": "1 us"}]})";

}  // namespace

TEST_CASE("a preset comes with the profile of its name") {
  for (const std::string& preset : topology::preset_names()) {
    CAPTURE(preset);
    const Machine machine = resolve_machine(scenario_on({preset, {}, {}}, ""), 3);
    CHECK(machine.topology.name() == preset);
    CHECK(machine.profile.name == topology::find_preset(preset)->profile);
  }
  const Machine other = resolve_machine(scenario_on({"hgx-h100", {}, {}}, "hgx-b200"), 0);
  CHECK(other.profile.name == "hgx-b200");
}

TEST_CASE("the crossbar's profile in the repository is the ideal one") {
  const auto path = find_data("profiles/machines/crossbar.json");
  if (path.empty()) return;
  std::ifstream in(path);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto file = read_profile(text, path.string());
  const auto ideal = models::ideal_profile();
  for (const models::ConstantTraits& traits : models::constant_table()) {
    CAPTURE(traits.name);
    CHECK((file.*traits.field).value == (ideal.*traits.field).value);
  }
}

TEST_CASE("degradations are applied to whatever was named") {
  const MachineSpec spec{"crossbar", {}, {{"gpu0", "", 0.5}}};
  const Machine machine = resolve_machine(scenario_on(spec, ""), 2);
  const NodeId gpu = machine.topology.find("gpu0");
  for (const topology::Link& link : machine.topology.links())
    CHECK(link.bandwidth == gb_per_s(link.from == gpu || link.to == gpu ? 450 : 900));
}

TEST_CASE("files are found beside the scenario; inline objects need no file") {
  const Folder folder;
  folder.put("box.json", kBox);
  folder.put("p/mine.json", write_profile(models::ideal_profile()));
  Scenario scenario = scenario_on({"box.json", {}, {}}, "p/mine.json");
  scenario.file = (folder.path() / "study.json").string();
  const Machine machine = resolve_machine(scenario, 2);
  CHECK(machine.topology.name() == "box");
  CHECK(machine.profile.name == "crossbar");
  const Machine inlined = resolve_machine(scenario_on({{}, kBox, {}}, "crossbar"), 2);
  CHECK(write_topology(inlined.topology) == write_topology(machine.topology));
}

TEST_CASE("what cannot be found says where it was named and what there is") {
  CHECK(error_of(scenario_on({"none.json", {}, {}}, "")) ==
        "/machine: there is no file \"none.json\"");
  CHECK(error_of(scenario_on({"hgx-h100", {}, {}}, "hgx-h10")) ==
        "/profile: \"hgx-h10\" is not a known profile. Did you mean \"hgx-h100\"?");
  const std::string message = error_of(scenario_on({{}, kBox, {}}, ""));
  CHECK(message.starts_with(
      "/profile: this machine has no calibration profile of its own; name one of crossbar, "));
}

TEST_CASE("a degradation of what is not there stands in the scenario") {
  Scenario scenario = scenario_on({"h200-pair", {}, {{"gpu0", "", 0.5}, {"gpu9", "", 0.5}}}, "");
  scenario.file = "study.json";
  CHECK(error_of(scenario).starts_with("study.json: /machine/degrade/1/from: "));
}

TEST_CASE("TWINLINK_DATA comes first") {
  const Folder folder;
  folder.put("library/mine.json", "{}");
  ::setenv("TWINLINK_DATA", folder.path().c_str(), 1);
  CHECK(data_directories().front() == folder.path());
  CHECK(find_data("library/mine.json") == folder.path() / "library/mine.json");
  CHECK(find_data("schema/scenario-1.schema.json").parent_path().parent_path() != folder.path());
  ::unsetenv("TWINLINK_DATA");
  CHECK(find_data("library/mine.json").empty());
  CHECK(find_data("no/such/file").empty());
}

TEST_CASE("neighbouring ranks share a GPU") {
  CHECK(gpu_of_rank(4, 1) == std::vector<std::int32_t>{0, 1, 2, 3});
  CHECK(gpu_of_rank(5, 2) == std::vector<std::int32_t>{0, 0, 1, 1, 2});
}

TEST_CASE("a request says which ranks share an NVLink domain, and whether it multicasts") {
  models::CollectiveRequest request;
  request.gpu_of_rank = {0, 7, 8, 15, 0};
  describe_machine(topology::make_preset("hgx-h100-node-2", 0), request);
  CHECK(request.domain_of_rank == std::vector<std::int32_t>{0, 0, 1, 1, 0});
  CHECK(request.multicast);
  request.gpu_of_rank = {0, 1};
  describe_machine(topology::make_preset("h200-pair", 0), request);
  CHECK(request.domain_of_rank == std::vector<std::int32_t>{0, 0});
  CHECK_FALSE(request.multicast);
}
