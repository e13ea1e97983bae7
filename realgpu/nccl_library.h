#pragma once
// NCCL's C interface, as much of it as is used here, and communicators of one or of several
// processes.
//
// The library (libnccl.so.2) is looked for when asked, never linked. NCCL_NVLS_ENABLE=0 is set
// before it is loaded, so that it does not touch NVLink multicast.
// Errors: UnsupportedError when the library, or a function of it, is not there; GpuError naming the
// call.
#include <cstddef>
#include <future>
#include <source_location>
#include <string>
#include <vector>

#include "realgpu/cuda_check.h"

namespace twinlink::realgpu {

using NcclComm = void*;
inline constexpr int kNcclUint32 = 3;
inline constexpr int kNcclFp16 = 6;
inline constexpr int kNcclFp32 = 7;
inline constexpr int kNcclFp64 = 8;
inline constexpr int kNcclBf16 = 9;
inline constexpr int kNcclSum = 0;

// Names a communicator to the processes that join it.
struct NcclId {
  char bytes[128];
};

// Stable since NCCL 2.19.
class NcclLibrary {
 public:
  NcclLibrary();
  void check(int status, const char* call,
             std::source_location at = std::source_location::current()) const;
  [[nodiscard]] std::string version() const;  // "2.28.9"

  int (*get_version)(int*) = nullptr;
  int (*init_all)(NcclComm*, int, const int*) = nullptr;
  int (*get_id)(NcclId*) = nullptr;
  int (*init_rank)(NcclComm*, int, NcclId, int) = nullptr;
  int (*destroy)(NcclComm) = nullptr;
  int (*abort)(NcclComm) = nullptr;
  int (*group_start)() = nullptr;
  int (*group_end)() = nullptr;
  int (*all_reduce)(const void*, void*, std::size_t, int, int, NcclComm, cudaStream_t) = nullptr;
  int (*all_gather)(const void*, void*, std::size_t, int, NcclComm, cudaStream_t) = nullptr;
  int (*reduce_scatter)(const void*, void*, std::size_t, int, int, NcclComm,
                        cudaStream_t) = nullptr;
  int (*broadcast)(const void*, void*, std::size_t, int, int, NcclComm, cudaStream_t) = nullptr;
  int (*send)(const void*, std::size_t, int, int, NcclComm, cudaStream_t) = nullptr;
  int (*receive)(void*, std::size_t, int, int, NcclComm, cudaStream_t) = nullptr;
  int (*enlist)(NcclComm, void*, std::size_t, void**) = nullptr;
  int (*delist)(NcclComm, void*) = nullptr;
  const char* (*error_string)(int) = nullptr;

 private:
  template <class Function>
  void find(Function& function, const char* name);
  void* handle_ = nullptr;  // stays loaded: NCCL does not like to be unloaded
};

// What a process contributes to a communicator of several.
struct NcclMember {
  int member = 0, members = 1;
  NcclId id;
};

// One communicator per device, in their order, of one process; devices must differ. Or the one of
// this process among several, on the current device; the others are null here.
class NcclComms {
 public:
  NcclComms(const NcclLibrary& nccl, const std::vector<int>& devices);
  NcclComms(const NcclLibrary& nccl, const NcclMember& own);
  ~NcclComms();
  NcclComms(NcclComms&& other) noexcept
      : nccl_(other.nccl_), comms_(std::move(other.comms_)), shared_(other.shared_) {
    other.comms_.clear();
  }
  NcclComms(const NcclComms&) = delete;
  NcclComms& operator=(const NcclComms&) = delete;
  NcclComms& operator=(NcclComms&&) = delete;
  NcclComm operator[](std::size_t member) const { return comms_[member]; }
  // Ends what the communicators are at; they are of no use afterwards. Returns at once: NCCL waits
  // for graphs with its calls to be destroyed before it has aborted.
  void abort();

 private:
  const NcclLibrary& nccl_;
  std::vector<NcclComm> comms_;
  bool shared_ = false;                     // with other processes
  std::vector<std::future<void>> aborted_;  // ready when abort() has done its work
};

}  // namespace twinlink::realgpu
