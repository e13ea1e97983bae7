#pragma once
// The interface of everything that can run a plan: sim (simulated time), host (numbers), realgpu
// (both).
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/plan/plan.h"
#include "models/timeline.h"

namespace twinlink::models {

// What the run is fed with. Inputs are generated from the seed (models/definition.h), so that every
// executor sees the same numbers. decays: one per head of a scan claim, in [0, 1]; empty: all 1.
// Arithmetic `exact` computes modulo 2^32 on u32 whatever the buffers' element type.
enum class Arithmetic : std::uint8_t { element, exact };
struct Inputs {
  std::uint64_t seed = 1;
  Arithmetic arithmetic = Arithmetic::element;
  std::vector<double> decays;
};

// Whether the numbers equal the direct definition. max_error: relative L2 per member and head,
// worst.
struct Numbers {
  bool correct = false;
  double max_error = 0;
  std::string reason;                  // first wrong member and element, when not correct
  std::vector<Rank> wrong_ranks = {};  // whose outputs are wrong, ascending
};

struct Execution {
  Timeline timeline;               // empty for host
  std::optional<Numbers> numbers;  // none for sim
  std::vector<Duration> samples;   // makespans of repeated runs (realgpu); empty elsewhere
  std::string mode = {};           // how realgpu ran it: "fused" or "stream"; empty elsewhere
  std::string digest = {};         // of every bit of all outputs (realgpu); empty elsewhere
};

class Executor {
 public:
  virtual ~Executor() = default;
  // Throws InputError or UnsupportedError when the plan cannot run here.
  virtual Execution execute(const Plan& plan, const Inputs& inputs) = 0;
};

}  // namespace twinlink::models
