#include "realgpu/nccl_calls.h"

#include <algorithm>
#include <string>

#include "topology/error.h"

namespace twinlink::realgpu {

using models::ElementType;
using models::Operation;
using models::Slice;

struct NcclCalls::Part {
  Operation operation;
  std::size_t member, members;
  const std::byte* from;
  std::byte* to;
  std::size_t sent, received;  // elements
  int type;
  std::size_t element_bytes;
  NcclComm comm;
  cudaStream_t stream = nullptr;
};

NcclCalls::NcclCalls(const models::Plan& plan, const PlanMemory& memory)
    : plan_(plan), memory_(memory), comms_(plan.groups.size()) {
  for (const models::LibraryCall& call : plan.library_calls) {
    if (call.library != "nccl")
      throw UnsupportedError("library \"" + call.library + "\" on GPUs: only nccl runs here");
    if (call.operation == Operation::scan || call.operation == Operation::exscan)
      throw UnsupportedError("NCCL has no scan");
    std::optional<NcclComms>& comms = comms_[call.group.index()];
    if (comms) continue;
    comms.emplace(comms_of(plan.groups[call.group.index()]));
  }
}

NcclComms NcclCalls::comms_of(const models::Group& group) const {
  if (memory_.processes() != nullptr) return join(group);
  std::vector<int> devices;
  for (const Rank rank : group.members) devices.push_back(plan_.gpu_of(rank));
  return {nccl_, devices};
}

// Member 0's process names the communicator, all members' processes join it.
NcclComms NcclCalls::join(const models::Group& group) const {
  ProcessGpus& processes = *memory_.processes();
  const int members = static_cast<int>(group.members.size());
  if (members != processes.group().size())
    throw UnsupportedError("a group of " + std::to_string(members) + " ranks and " +
                           std::to_string(processes.group().size()) +
                           " processes: NCCL takes one rank of each process here");
  const auto is_here = [&](Rank rank) { return memory_.is_here(plan_.gpu_of(rank)); };
  if (std::ranges::count_if(group.members, is_here) != 1)
    throw UnsupportedError(
        "NCCL takes one rank per GPU; here several members of a group share one");
  const auto own = std::ranges::find_if(group.members, is_here) - group.members.begin();
  NcclId id{};
  if (own == 0) nccl_.check(nccl_.get_id(&id), "ncclGetUniqueId");
  const auto ids = processes.group().all_gather_values("NCCL's name of a communicator", id);
  const int first = processes.process_of(plan_.gpu_of(group.members.front()));
  return {nccl_, NcclMember{static_cast<int>(own), members, ids[static_cast<std::size_t>(first)]}};
}

void NcclCalls::abort() {
  for (std::optional<NcclComms>& comms : comms_)
    if (comms) comms->abort();
}

int NcclCalls::type_of(BufferId buffer) const {
  switch (memory_.type(buffer)) {
    case ElementType::fp32: return kNcclFp32;
    case ElementType::fp64: return kNcclFp64;
    case ElementType::bf16: return kNcclBf16;
    case ElementType::fp16: return kNcclFp16;
    case ElementType::u32: return kNcclUint32;
  }
  return kNcclFp32;
}

NcclCalls::Part NcclCalls::part_of(OpId op) const {
  const models::LibraryCall& call = plan_.library_calls[plan_.op(op).detail];
  const std::vector<Rank>& ranks = plan_.groups[call.group.index()].members;
  const auto member =
      static_cast<std::size_t>(std::ranges::find(ranks, plan_.rank_of(op)) - ranks.begin());
  const Slice& source = plan_.sources(op).front();
  const Slice& destination = plan_.destinations(op).front();
  return {call.operation,
          member,
          ranks.size(),
          memory_.address(source),
          memory_.address(destination),
          static_cast<std::size_t>(memory_.elements(source)),
          static_cast<std::size_t>(memory_.elements(destination)),
          type_of(source.buffer),
          static_cast<std::size_t>(models::size_of(memory_.type(source.buffer))),
          (*comms_[call.group.index()])[member]};
}

// The calls take one count for all members.
void NcclCalls::check_shares(std::span<const OpId> members) const {
  const Operation operation = plan_.library_calls[plan_.op(members.front()).detail].operation;
  if (operation != Operation::reduce_scatter && operation != Operation::all_gather) return;
  const Part first = part_of(members.front());
  for (const OpId member : members) {
    const Part part = part_of(member);
    if (part.sent != first.sent || part.received != first.received)
      throw UnsupportedError("NCCL's " + std::string(models::name_of(operation)) +
                             " needs shares of equal size: choose a size that the ranks divide");
  }
}

void NcclCalls::issue(std::span<const OpId> members, std::span<const Stream* const> streams) const {
  check_shares(members);
  nccl_.check(nccl_.group_start(), "ncclGroupStart");
  for (std::size_t m = 0; m < members.size(); ++m) {
    Part part = part_of(members[m]);
    part.stream = streams[m]->get();
    issue_one(part);
  }
  nccl_.check(nccl_.group_end(), "ncclGroupEnd");
}

void NcclCalls::issue_one(const Part& p) const {
  switch (p.operation) {
    case Operation::all_reduce:
      return nccl_.check(
          nccl_.all_reduce(p.from, p.to, p.received, p.type, kNcclSum, p.comm, p.stream),
          "ncclAllReduce");
    case Operation::reduce_scatter:
      return nccl_.check(
          nccl_.reduce_scatter(p.from, p.to, p.received, p.type, kNcclSum, p.comm, p.stream),
          "ncclReduceScatter");
    case Operation::all_gather:
      return nccl_.check(nccl_.all_gather(p.from, p.to, p.sent, p.type, p.comm, p.stream),
                         "ncclAllGather");
    case Operation::broadcast:
      return nccl_.check(nccl_.broadcast(p.from, p.to, p.received, p.type, 0, p.comm, p.stream),
                         "ncclBroadcast");
    case Operation::all_to_all: return exchange_blocks(p);
    case Operation::sendrecv: return pass_on(p);
    case Operation::scan:
    case Operation::exscan: break;
  }
  TL_ENSURE(false, "scans are refused when the calls are made ready");
}

// Block i of the input goes to member i; what arrives stands in the order of the senders.
void NcclCalls::exchange_blocks(const Part& p) const {
  const auto members = static_cast<std::int64_t>(p.members);
  const auto elements = static_cast<std::int64_t>(p.sent);
  const models::Share own = models::share(static_cast<std::int64_t>(p.member), members, elements);
  const auto own_count = static_cast<std::size_t>(own.count);
  for (std::size_t peer = 0; peer < p.members; ++peer) {
    const models::Share block = models::share(static_cast<std::int64_t>(peer), members, elements);
    const std::byte* from = p.from + static_cast<std::size_t>(block.begin) * p.element_bytes;
    std::byte* to = p.to + peer * own_count * p.element_bytes;
    nccl_.check(nccl_.send(from, static_cast<std::size_t>(block.count), p.type,
                           static_cast<int>(peer), p.comm, p.stream),
                "ncclSend");
    nccl_.check(nccl_.receive(to, own_count, p.type, static_cast<int>(peer), p.comm, p.stream),
                "ncclRecv");
  }
}

void NcclCalls::pass_on(const Part& p) const {
  const auto next = static_cast<int>((p.member + 1) % p.members);
  const auto previous = static_cast<int>((p.member + p.members - 1) % p.members);
  nccl_.check(nccl_.send(p.from, p.sent, p.type, next, p.comm, p.stream), "ncclSend");
  nccl_.check(nccl_.receive(p.to, p.received, p.type, previous, p.comm, p.stream), "ncclRecv");
}

}  // namespace twinlink::realgpu
