// Places of processes, found in what launchers leave in the environment.
#include "realgpu/process_place.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::realgpu;

namespace {

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Variables environment(const std::map<std::string, std::string>& variables) {
  return [variables](const char* name) {
    const auto at = variables.find(name);
    return at == variables.end() ? nullptr : at->second.c_str();
  };
}

}  // namespace

TEST_CASE("places: every launcher's variables, nested ones, and one process alone") {
  const auto found = [](const std::map<std::string, std::string>& variables) {
    const auto place = find_place(environment(variables));
    if (!place) return std::string("alone");
    return std::to_string(place->rank) + "/" + std::to_string(place->size) + " " + place->job +
           " " + place->launcher;
  };
  CHECK(found({}) == "alone");
  CHECK(found({{"OMPI_COMM_WORLD_RANK", "1"},
               {"OMPI_COMM_WORLD_SIZE", "2"},
               {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"},
               {"PMIX_NAMESPACE", "77"}}) == "1/2 77 Open MPI");
  CHECK(found({{"PMI_RANK", "3"}, {"PMI_SIZE", "4"}, {"TWINLINK_JOB", "a"}}) == "3/4 a MPICH");
  const std::map<std::string, std::string> step{{"SLURM_PROCID", "0"},
                                                {"SLURM_STEP_NUM_TASKS", "2"},
                                                {"SLURM_STEP_NUM_NODES", "1"},
                                                {"SLURM_JOB_ID", "9"},
                                                {"SLURM_STEP_ID", "3"}};
  CHECK(found(step) == "0/2 9.3 Slurm");
  std::map<std::string, std::string> nested = step;
  nested.insert({{"RANK", "1"}, {"WORLD_SIZE", "2"}, {"MASTER_PORT", "29500"}});
  CHECK(found(nested) == "1/2 29500 torchrun");
  // A batch script without srun, one process, and RANK for some other purpose.
  CHECK(found({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}, {"SLURM_JOB_ID", "9"}}) == "alone");
  CHECK(found({{"OMPI_COMM_WORLD_RANK", "0"}, {"OMPI_COMM_WORLD_SIZE", "1"}}) == "alone");
  CHECK(found({{"RANK", "general"}, {"WORLD_SIZE", "big"}}) == "alone");
}

TEST_CASE("places: bad numbers and several hosts are refused with what was found") {
  const auto message = [](const std::map<std::string, std::string>& variables) -> std::string {
    try {
      find_place(environment(variables));
    } catch (const InputError& error) {
      return std::string("input: ") + error.what();
    } catch (const UnsupportedError& error) {
      return std::string("unsupported: ") + error.what();
    }
    return "found";
  };
  CHECK_MESSAGE(says(message({{"PMI_RANK", "2"}, {"PMI_SIZE", "2"}}), "PMI_RANK=2 is not below"),
                message({{"PMI_RANK", "2"}, {"PMI_SIZE", "2"}}));
  for (const std::string bad : {"", "x", "-1", "1x", "99999999999"})
    CHECK(says(message({{"PMI_RANK", "0"}, {"PMI_SIZE", bad}}), "input: "));
  const std::string hosts = message({{"OMPI_COMM_WORLD_RANK", "0"},
                                     {"OMPI_COMM_WORLD_SIZE", "16"},
                                     {"OMPI_COMM_WORLD_LOCAL_SIZE", "8"}});
  CHECK_MESSAGE(says(hosts, "unsupported: 8 of 16 processes are on this host"), hosts);
  const std::string nodes = message(
      {{"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_STEP_NUM_NODES", "2"}});
  CHECK_MESSAGE(says(nodes, "unsupported: the Slurm step has 2 nodes"), nodes);
}
