#include "realgpu/nccl_baseline.h"

#include "realgpu/device_buffer.h"
#include "realgpu/graph.h"
#include "realgpu/nccl_library.h"
#include "topology/error.h"

namespace twinlink::realgpu {
class NcclBaseline::Impl {
 public:
  explicit Impl(const std::vector<int>& devices) : devices_(devices), comms_(nccl_, devices) {
    for (const int device : devices) {
      streams_.emplace_back(device);
      forked_.emplace_back(device);
    }
  }

  [[nodiscard]] std::string version() const { return nccl_.version(); }

  std::vector<double> seconds(const NcclCall& call, const SampleCount& count, int calls) const {
    const Memory memory(*this, call);
    issue(call, memory, 1);
    synchronize();
    const Graph graph(streams_.front(), [&] { issue(call, memory, calls); });
    std::vector<double> seconds =
        replay_seconds(streams_.front(), count, [&] { graph.launch(streams_.front()); });
    synchronize();
    for (double& s : seconds) s /= calls;
    return seconds;
  }

 private:
  // Input and output of every GPU, registered if asked.
  class Memory {
   public:
    Memory(const Impl& owner, const NcclCall& call) : owner_(owner) {
      for (std::size_t i = 0; i < owner.devices_.size(); ++i) {
        inputs.emplace_back(owner.devices_[i], call.bytes);
        outputs.emplace_back(owner.devices_[i], call.bytes);
        inputs.back().fill(0);
        outputs.back().fill(0);
        if (!call.registered) continue;
        enlist(i, inputs.back());
        enlist(i, outputs.back());
      }
    }
    ~Memory() {
      for (const auto& [comm, handle] : handles_)
        static_cast<void>(owner_.nccl_.delist(comm, handle));
    }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    std::vector<DeviceBuffer> inputs, outputs;

   private:
    void enlist(std::size_t i, const DeviceBuffer& buffer) {
      void* handle = nullptr;
      owner_.check(owner_.nccl_.enlist(owner_.comms_[i], buffer.data(),
                                       static_cast<std::size_t>(buffer.bytes()), &handle),
                   "ncclCommRegister");
      handles_.emplace_back(owner_.comms_[i], handle);
    }
    const Impl& owner_;
    std::vector<std::pair<NcclComm, void*>> handles_;
  };

  [[nodiscard]] int size() const { return static_cast<int>(devices_.size()); }
  void check(int status, const char* call,
             std::source_location at = std::source_location::current()) const {
    nccl_.check(status, call, at);
  }

  void issue(const NcclCall& call, const Memory& memory, int calls) const {
    const Stream& origin = streams_.front();
    forked_.front().record(origin);
    for (std::size_t i = 1; i < streams_.size(); ++i) forked_.front().make_wait(streams_[i]);
    for (int c = 0; c < calls; ++c) {
      check(nccl_.group_start(), "ncclGroupStart");
      for (std::size_t i = 0; i < devices_.size(); ++i) issue_one(call, memory, i);
      check(nccl_.group_end(), "ncclGroupEnd");
    }
    for (std::size_t i = 1; i < streams_.size(); ++i) {
      forked_[i].record(streams_[i]);
      forked_[i].make_wait(origin);
    }
  }

  void issue_one(const NcclCall& call, const Memory& memory, std::size_t i) const {
    const auto count = static_cast<std::size_t>(call.bytes) / 4;
    const std::size_t share = count / devices_.size();
    const std::byte* in = memory.inputs[i].data();
    std::byte* out = memory.outputs[i].data();
    const cudaStream_t stream = streams_[i].get();
    if (call.operation == "all_reduce")
      return check(nccl_.all_reduce(in, out, count, kNcclFp32, kNcclSum, comms_[i], stream),
                   "ncclAllReduce");
    if (call.operation == "all_gather")
      return check(nccl_.all_gather(in, out, share, kNcclFp32, comms_[i], stream), "ncclAllGather");
    if (call.operation == "reduce_scatter")
      return check(nccl_.reduce_scatter(in, out, share, kNcclFp32, kNcclSum, comms_[i], stream),
                   "ncclReduceScatter");
    if (call.operation == "broadcast")
      return check(nccl_.broadcast(in, out, count, kNcclFp32, 0, comms_[i], stream),
                   "ncclBroadcast");
    if (call.operation == "sendrecv") {
      const int next = (static_cast<int>(i) + 1) % size();
      const int previous = (static_cast<int>(i) + size() - 1) % size();
      check(nccl_.send(in, count, kNcclFp32, next, comms_[i], stream), "ncclSend");
      return check(nccl_.receive(out, count, kNcclFp32, previous, comms_[i], stream), "ncclRecv");
    }
    if (call.operation != "all_to_all")
      throw UnsupportedError("NCCL baseline: no call for " + std::string(call.operation));
    for (int peer = 0; peer < size(); ++peer) {
      const std::size_t at = static_cast<std::size_t>(peer) * share * 4;
      check(nccl_.send(in + at, share, kNcclFp32, peer, comms_[i], stream), "ncclSend");
      check(nccl_.receive(out + at, share, kNcclFp32, peer, comms_[i], stream), "ncclRecv");
    }
  }

  void synchronize() const {
    for (const Stream& stream : streams_) stream.synchronize();
  }

  NcclLibrary nccl_;
  std::vector<int> devices_;
  NcclComms comms_;
  std::vector<Stream> streams_;
  std::vector<Event> forked_;
};

NcclBaseline::NcclBaseline(const std::vector<int>& devices)
    : impl_(std::make_unique<Impl>(devices)) {}
NcclBaseline::~NcclBaseline() = default;

std::string NcclBaseline::version() const { return impl_->version(); }

std::vector<double> NcclBaseline::seconds(const NcclCall& call, const SampleCount& count,
                                          int calls) const {
  return impl_->seconds(call, count, calls);
}

}  // namespace twinlink::realgpu
