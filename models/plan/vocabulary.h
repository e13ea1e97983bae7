#pragma once
// The words of a plan as enums, each with one table of names that feeds readers, printers and docs.
//
// A `switch` over these enums has no default: a new word does not compile until every executor and
// printer has it.
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace twinlink::models {

enum class Operation : std::uint8_t {
  all_reduce,
  reduce_scatter,
  all_gather,
  all_to_all,
  broadcast,
  sendrecv,
  scan,
  exscan,
};

enum class ElementType : std::uint8_t { fp32, fp64, bf16, fp16, u32 };

enum class BufferRole : std::uint8_t { input, output, inout, scratch, weights };

// What runs a lane: a block range of a kernel on the SMs, a copy engine, a NIC (remote writes), or
// a library's stream, whose kernels the library lays out.
enum class Engine : std::uint8_t { sm, copy, nic, library };

// Whether the host's launch is outside the time (CUDA graph) or inside it.
enum class LaunchMode : std::uint8_t { graph, eager };

enum class OpKind : std::uint8_t {
  copy,     // source i -> destination i; one source and several destinations: a multi-store
  reduce,   // ordered fold of the sources by the operator -> every destination; no source: identity
  compute,  // a kernel named in Plan::computes
  barrier,  // rendezvous of the members of Plan::rendezvous[detail]
  scan_reduce,      // k ordered sources -> the last d of their k + 1 prefixes (the first is empty):
                    // destination j of d gets the fold of the first k + 1 - d + j sources
  multimem_reduce,  // a reduce that the switch does; several destinations: it multicasts the result
  multimem_store,   // a copy of one source that the switch multicasts to every destination
  library,  // one member's part of Plan::library_calls[detail]: its input slice -> its output slice
};

// sum commutes. decay_sum is the scan operator on states with a known decay per head: source i is
// multiplied by decay^(decay_power of its slice), then all are added in order; in a scan_reduce the
// decay_power of a source is how many members it covers, and the fold so far is multiplied by it.
enum class Operator : std::uint8_t { none, sum, decay_sum };

// How an sm lane that is a channel of a library's kernel moves data: words that carry flags (ll,
// ll128) or slots behind flags (simple), at the channel rate of the profile. Only in lowered plans.
enum class Protocol : std::uint8_t { plain, ll, ll128, simple };

enum class Split : std::uint8_t { contiguous, strided };   // bytes over the lane's blocks
enum class LoadOrder : std::uint8_t { parallel, serial };  // loads over the op's sources

// What kind of work a compute op is: which of the profile's efficiencies bounds it. memory: bounded
// by its HBM bytes. And in what it calculates: which peak.
enum class WorkKind : std::uint8_t { plain, attention, grouped_gemm, dense_gemm, memory };
enum class Precision : std::uint8_t { bf16, fp32, fp8, fp4 };

// How a dependency is realised. Relaxed is legal only for write-after-read and for data older than
// the launch; inline_*: the data carry their own flags (wire factor in the profile).
enum class Edge : std::uint8_t {
  flag_relaxed,
  flag_fenced,
  inline_ll,
  inline_ll128,
  event,
  graph,
  stream_memory,
};
enum class Scope : std::uint8_t { block, lane, kernel };

template <class Enum>
struct Word {
  Enum value;
  std::string_view name;
  std::string_view help;
};
// clang 14 needs it said.
template <class Enum>
Word(Enum, const char*, const char*) -> Word<Enum>;

std::span<const Word<Operation>> words(Operation);
std::span<const Word<ElementType>> words(ElementType);
std::span<const Word<BufferRole>> words(BufferRole);
std::span<const Word<Engine>> words(Engine);
std::span<const Word<LaunchMode>> words(LaunchMode);
std::span<const Word<OpKind>> words(OpKind);
std::span<const Word<Operator>> words(Operator);
std::span<const Word<Split>> words(Split);
std::span<const Word<LoadOrder>> words(LoadOrder);
std::span<const Word<WorkKind>> words(WorkKind);
std::span<const Word<Precision>> words(Precision);
std::span<const Word<Edge>> words(Edge);
std::span<const Word<Scope>> words(Scope);

template <class Enum>
std::string_view name_of(Enum value) {
  for (const Word<Enum>& word : words(value))
    if (word.value == value) return word.name;
  return "?";
}

template <class Enum>
std::optional<Enum> parse(std::string_view name) {
  for (const Word<Enum>& word : words(Enum{}))
    if (word.name == name) return word.value;
  return std::nullopt;
}

// Bytes of one element.
int size_of(ElementType type);

}  // namespace twinlink::models
