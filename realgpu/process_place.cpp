#include "realgpu/process_place.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>

#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

struct Launcher {
  const char* name;
  const char *rank, *size;
  const char* local_size;  // processes on this host; null: not told
  const char* also;        // must be set too; null: nothing
  std::array<const char*, 3> job;
};

constexpr std::array kLaunchers{
    Launcher{"torchrun",
             "RANK",
             "WORLD_SIZE",
             "LOCAL_WORLD_SIZE",
             "MASTER_PORT",
             {"MASTER_PORT", "TORCHELASTIC_RUN_ID", "TORCHELASTIC_RESTART_COUNT"}},
    Launcher{"Open MPI",
             "OMPI_COMM_WORLD_RANK",
             "OMPI_COMM_WORLD_SIZE",
             "OMPI_COMM_WORLD_LOCAL_SIZE",
             nullptr,
             {"PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid", nullptr}},
    Launcher{"MPICH",
             "PMI_RANK",
             "PMI_SIZE",
             "MPI_LOCALNRANKS",
             nullptr,
             {"SLURM_JOB_ID", "SLURM_STEP_ID", nullptr}},
    Launcher{"Slurm",
             "SLURM_PROCID",
             "SLURM_STEP_NUM_TASKS",
             nullptr,
             nullptr,
             {"SLURM_JOB_ID", "SLURM_STEP_ID", nullptr}},
};

int number(const Variables& environment, const char* name) {
  const char* text = environment(name);
  int value = -1;
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, value);
  if (error != std::errc{} || stop != end || value < 0)
    throw InputError("environment variable " + std::string(name) + "=\"" + text +
                     "\" is not a number of processes");
  return value;
}

void check_one_host(const Variables& environment, const Launcher& launcher, int size) {
  const auto refuse = [](const std::string& what) {
    throw UnsupportedError(what +
                           ": GPU memory is shared by CUDA IPC, which reaches one host only");
  };
  if (launcher.local_size != nullptr && environment(launcher.local_size) != nullptr) {
    const int here = number(environment, launcher.local_size);
    if (here != size)
      refuse(std::to_string(here) + " of " + std::to_string(size) + " processes are on this host");
  }
  const char* nodes = environment("SLURM_STEP_NUM_NODES");
  if (std::strcmp(launcher.name, "Slurm") == 0 && nodes != nullptr && std::strcmp(nodes, "1") != 0)
    refuse("the Slurm step has " + std::string(nodes) + " nodes");
}

std::string job_of(const Variables& environment, const Launcher& launcher) {
  if (const char* named = environment("TWINLINK_JOB")) return named;
  std::string job;
  for (const char* name : launcher.job)
    if (name != nullptr && environment(name) != nullptr)
      job += (job.empty() ? "" : ".") + std::string(environment(name));
  return job.empty() ? "parent" + std::to_string(::getppid()) : job;
}

}  // namespace

std::optional<ProcessPlace> find_place(const Variables& environment) {
  for (const Launcher& launcher : kLaunchers) {
    if (environment(launcher.rank) == nullptr || environment(launcher.size) == nullptr) continue;
    if (launcher.also != nullptr && environment(launcher.also) == nullptr) continue;
    const int rank = number(environment, launcher.rank);
    const int size = number(environment, launcher.size);
    if (rank >= size)
      throw InputError("environment: " + std::string(launcher.rank) + "=" + std::to_string(rank) +
                       " is not below " + launcher.size + "=" + std::to_string(size));
    if (size == 1) return std::nullopt;
    check_one_host(environment, launcher, size);
    return ProcessPlace{rank, size, job_of(environment, launcher), launcher.name};
  }
  return std::nullopt;
}

}  // namespace twinlink::realgpu
