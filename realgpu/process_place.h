#pragma once
// Which process of how many this one is, from what its launcher left in the environment.
//
//   torchrun            RANK, WORLD_SIZE, MASTER_PORT
//   Open MPI            OMPI_COMM_WORLD_RANK, OMPI_COMM_WORLD_SIZE
//   MPICH, Intel MPI    PMI_RANK, PMI_SIZE
//   Slurm (srun)        SLURM_PROCID, SLURM_STEP_NUM_TASKS
// The first that is there counts: launchers nest in this order. A batch script of Slurm that was
// not started by srun has no step, and is one process. `job` tells jobs of one user on one host
// apart: the launcher's own id, or that of the parent process where there is none;
// TWINLINK_JOB overrides it.
// Errors: InputError for numbers that make no sense; UnsupportedError for several hosts.
#include <functional>
#include <optional>
#include <string>

namespace twinlink::realgpu {

struct ProcessPlace {
  int rank = 0;
  int size = 1;
  std::string job;
  std::string launcher;  // "Open MPI"
};

// Value of a variable; null: not set. std::getenv is one.
using Variables = std::function<const char*(const char*)>;

// None: no launcher, or one that started one process only.
std::optional<ProcessPlace> find_place(const Variables& environment);

}  // namespace twinlink::realgpu
