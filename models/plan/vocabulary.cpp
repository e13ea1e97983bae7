#include "models/plan/vocabulary.h"

namespace twinlink::models {
namespace {

constexpr std::array kOperations{
    Word{Operation::all_reduce, "all_reduce", "every rank gets the sum of all inputs"},
    Word{Operation::reduce_scatter, "reduce_scatter", "rank r gets share r of the sum"},
    Word{Operation::all_gather, "all_gather", "every rank gets every rank's input"},
    Word{Operation::all_to_all, "all_to_all", "block r of rank s goes to block s of rank r"},
    Word{Operation::broadcast, "broadcast", "every rank gets the root's input"},
    Word{Operation::sendrecv, "sendrecv", "rank r sends to rank r+1, around the ring"},
    Word{Operation::scan, "scan", "rank r gets the fold of the inputs of ranks 0..r"},
    Word{Operation::exscan, "exscan", "rank r gets the fold of the inputs of ranks 0..r-1"},
};
constexpr std::array kElementTypes{
    Word{ElementType::fp32, "fp32", "IEEE single precision"},
    Word{ElementType::fp64, "fp64", "IEEE double precision"},
    Word{ElementType::bf16, "bf16", "bfloat16"},
    Word{ElementType::fp16, "fp16", "IEEE half precision"},
    Word{ElementType::u32, "u32", "integers modulo 2^32 (exact mode)"},
};
constexpr std::array kBufferRoles{
    Word{BufferRole::input, "input", "given, never written"},
    Word{BufferRole::output, "output", "the result"},
    Word{BufferRole::inout, "inout", "given and overwritten with the result"},
    Word{BufferRole::scratch, "scratch", "working memory, undefined at the start"},
    Word{BufferRole::weights, "weights", "given, never written, lives across plans"},
};
constexpr std::array kEngines{
    Word{Engine::sm, "sm", "a block range of a kernel"},
    Word{Engine::copy, "copy", "a copy engine"},
    Word{Engine::nic, "nic", "a network interface"},
    Word{Engine::library, "library", "the stream of a library"},
};
constexpr std::array kLaunchModes{
    Word{LaunchMode::graph, "graph", "captured in a CUDA graph"},
    Word{LaunchMode::eager, "eager", "launched by the host one by one"},
};
constexpr std::array kOpKinds{
    Word{OpKind::copy, "copy", "source i -> destination i"},
    Word{OpKind::reduce, "reduce", "ordered fold of the sources -> every destination"},
    Word{OpKind::compute, "compute", "a named kernel with its FLOPs and bytes"},
    Word{OpKind::barrier, "barrier", "all members of a group wait for each other"},
    Word{OpKind::scan_reduce, "scan_reduce", "ordered sources -> their prefixes, one each"},
    Word{OpKind::multimem_reduce, "multimem_reduce", "fold of the sources, formed in the switch"},
    Word{OpKind::multimem_store, "multimem_store", "one source, multicast by the switch"},
    Word{OpKind::library, "library", "one member's part of a library call"},
};
constexpr std::array kOperators{
    Word{Operator::none, "none", "no arithmetic"},
    Word{Operator::sum, "sum", "addition; commutes"},
    Word{Operator::decay_sum, "decay_sum", "source i times decay^power, then added in order"},
};
constexpr std::array kSplits{
    Word{Split::contiguous, "contiguous", "block b gets one contiguous range"},
    Word{Split::strided, "strided", "blocks take turns, vector by vector"},
};
constexpr std::array kLoadOrders{
    Word{LoadOrder::parallel, "parallel", "loads of all sources are in flight together"},
    Word{LoadOrder::serial, "serial", "one source after the other"},
};
constexpr std::array kWorkKinds{
    Word{WorkKind::plain, "plain", "any kernel"},
    Word{WorkKind::attention, "attention", "the core of attention"},
    Word{WorkKind::grouped_gemm, "grouped_gemm", "one product per expert"},
    Word{WorkKind::dense_gemm, "dense_gemm", "one product"},
    Word{WorkKind::memory, "memory", "bounded by the bytes it reads and writes"},
};
constexpr std::array kPrecisions{
    Word{Precision::bf16, "bf16", "bfloat16 products"},
    Word{Precision::fp32, "fp32", "single precision outside tensor cores"},
    Word{Precision::fp8, "fp8", "8-bit floating point products"},
    Word{Precision::fp4, "fp4", "4-bit floating point products with block scales"},
};
constexpr std::array kEdges{
    Word{Edge::flag_relaxed, "flag_relaxed", "a flag in peer memory, no fence"},
    Word{Edge::flag_fenced, "flag_fenced", "a flag behind a system fence"},
    Word{Edge::inline_ll, "inline_ll", "8-byte words, half of them flags"},
    Word{Edge::inline_ll128, "inline_ll128", "128-byte lines, 120 of them data"},
    Word{Edge::event, "event", "a CUDA event"},
    Word{Edge::graph, "graph", "an edge of a CUDA graph"},
    Word{Edge::stream_memory, "stream_memory", "a stream memory operation"},
};
constexpr std::array kScopes{
    Word{Scope::block, "block", "block b waits for the blocks b"},
    Word{Scope::lane, "lane", "the lane waits for the op's lane"},
    Word{Scope::kernel, "kernel", "the kernel waits for the op's kernel"},
};

}  // namespace

std::span<const Word<Operation>> words(Operation) { return kOperations; }
std::span<const Word<ElementType>> words(ElementType) { return kElementTypes; }
std::span<const Word<BufferRole>> words(BufferRole) { return kBufferRoles; }
std::span<const Word<Engine>> words(Engine) { return kEngines; }
std::span<const Word<LaunchMode>> words(LaunchMode) { return kLaunchModes; }
std::span<const Word<OpKind>> words(OpKind) { return kOpKinds; }
std::span<const Word<Operator>> words(Operator) { return kOperators; }
std::span<const Word<Split>> words(Split) { return kSplits; }
std::span<const Word<LoadOrder>> words(LoadOrder) { return kLoadOrders; }
std::span<const Word<WorkKind>> words(WorkKind) { return kWorkKinds; }
std::span<const Word<Precision>> words(Precision) { return kPrecisions; }
std::span<const Word<Edge>> words(Edge) { return kEdges; }
std::span<const Word<Scope>> words(Scope) { return kScopes; }

int size_of(ElementType type) {
  switch (type) {
    case ElementType::fp32: return 4;
    case ElementType::fp64: return 8;
    case ElementType::bf16: return 2;
    case ElementType::fp16: return 2;
    case ElementType::u32: return 4;
  }
  return 4;
}

}  // namespace twinlink::models
