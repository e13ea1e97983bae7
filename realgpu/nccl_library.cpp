#include "realgpu/nccl_library.h"

#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <thread>
#include <utility>

#include "topology/error.h"

namespace twinlink::realgpu {

namespace {

constexpr auto kAbortPatience = std::chrono::seconds(10);

}  // namespace

template <class Function>
void NcclLibrary::find(Function& function, const char* name) {
  function = reinterpret_cast<Function>(dlsym(handle_, name));
  if (function == nullptr) throw UnsupportedError("NCCL: the library has no " + std::string(name));
}

NcclLibrary::NcclLibrary() {
  setenv("NCCL_NVLS_ENABLE", "0", 1);
  handle_ = dlopen("libnccl.so.2", RTLD_NOW | RTLD_LOCAL);
  if (handle_ == nullptr)
    throw UnsupportedError("NCCL: " + std::string(dlerror()) +
                           " (set LD_LIBRARY_PATH to its folder)");
  find(get_version, "ncclGetVersion");
  find(init_all, "ncclCommInitAll");
  find(get_id, "ncclGetUniqueId");
  find(init_rank, "ncclCommInitRank");
  find(destroy, "ncclCommDestroy");
  find(abort, "ncclCommAbort");
  find(group_start, "ncclGroupStart");
  find(group_end, "ncclGroupEnd");
  find(all_reduce, "ncclAllReduce");
  find(all_gather, "ncclAllGather");
  find(reduce_scatter, "ncclReduceScatter");
  find(broadcast, "ncclBroadcast");
  find(send, "ncclSend");
  find(receive, "ncclRecv");
  find(enlist, "ncclCommRegister");
  find(delist, "ncclCommDeregister");
  find(error_string, "ncclGetErrorString");
}

void NcclLibrary::check(int status, const char* call, std::source_location at) const {
  if (status == 0) return;
  throw GpuError(std::string(call) + " failed: " + error_string(status) + " at " + at.file_name() +
                 ":" + std::to_string(at.line()));
}

std::string NcclLibrary::version() const {
  int number = 0;
  check(get_version(&number), "ncclGetVersion");
  return std::to_string(number / 10'000) + "." + std::to_string(number / 100 % 100) + "." +
         std::to_string(number % 100);
}

NcclComms::NcclComms(const NcclLibrary& nccl, const std::vector<int>& devices)
    : nccl_(nccl), comms_(devices.size()) {
  std::vector<int> sorted = devices;
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end())
    throw UnsupportedError(
        "NCCL takes one rank per GPU; here several members of a group share one");
  nccl_.check(nccl_.init_all(comms_.data(), static_cast<int>(devices.size()), devices.data()),
              "ncclCommInitAll");
}

NcclComms::NcclComms(const NcclLibrary& nccl, const NcclMember& own)
    : nccl_(nccl), comms_(static_cast<std::size_t>(own.members)), shared_(true) {
  nccl_.check(nccl_.init_rank(&comms_[static_cast<std::size_t>(own.member)], own.members, own.id,
                              own.member),
              "ncclCommInitRank");
}

// After a failure other processes may have ended: what waits for them is aborted, not destroyed.
NcclComms::~NcclComms() {
  if (shared_ && std::uncaught_exceptions() > 0) abort();
  for (const std::future<void>& aborted : aborted_) aborted.wait_for(kAbortPatience);
  for (const NcclComm comm : comms_)
    if (comm != nullptr) static_cast<void>(nccl_.destroy(comm));
}

void NcclComms::abort() {
  for (const NcclComm comm : comms_) {
    if (comm == nullptr) continue;
    std::packaged_task<void()> task([call = nccl_.abort, comm] { static_cast<void>(call(comm)); });
    aborted_.push_back(task.get_future());
    std::thread(std::move(task)).detach();
  }
  comms_.clear();
}

}  // namespace twinlink::realgpu
