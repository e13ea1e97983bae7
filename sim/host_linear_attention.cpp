#include "sim/host_linear_attention.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>

#include "sim/host_fold.h"
#include "sim/host_linear_matrix.h"
#include "sim/host_memory.h"
#include "topology/error.h"

namespace twinlink::sim {
namespace {

using namespace linear;

std::uint64_t mixed(std::uint64_t x) {
  x += 0x9E37'79B9'7F4A'7C15;
  x = (x ^ (x >> 30)) * 0xBF58'476D'1CE4'E5B9;
  x = (x ^ (x >> 27)) * 0x94D0'49BB'1331'11EB;
  return x ^ (x >> 31);
}

std::vector<float> normal_numbers(std::size_t count, std::uint64_t seed) {
  std::vector<float> numbers(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t a = mixed(mixed(seed) + 2 * i), b = mixed(mixed(seed) + 2 * i + 1);
    const double radius = std::sqrt(-2 * std::log((static_cast<double>(a >> 11) + 1) * 0x1p-53));
    const double angle = 2 * std::numbers::pi * static_cast<double>(b >> 11) * 0x1p-53;
    numbers[i] = static_cast<float>(radius * std::cos(angle));
  }
  return numbers;
}

// The part of a chunk's results that blocks give, walked forwards, then backwards.
class ChunkWalk {
 public:
  ChunkWalk(const AttentionInputs& chunk, std::span<const float> prefix,
            std::span<const float> suffix, int block)
      : slope_(chunk.slope),
        block_(block),
        q_(rows(chunk.q, chunk.d)),
        k_(rows(chunk.k, chunk.d)),
        v_(rows(chunk.v, chunk.e)),
        g_(rows(chunk.dout, chunk.e)),
        before_(rows(prefix, chunk.e)),
        after_(rows(suffix, chunk.e)) {}

  AttentionResults<float> run() {
    const Eigen::Index n = q_.rows();
    o_.resize(n, v_.cols());
    dq_.resize(n, q_.cols());
    dk_.resize(n, q_.cols());
    dv_.resize(n, v_.cols());
    for (Eigen::Index first = 0; first < n; first += block_)
      forward(first, std::min<Eigen::Index>(block_, n - first));
    const Eigen::Index last = (n - 1) / block_ * block_;
    for (Eigen::Index first = last; first >= 0; first -= block_)
      backward(first, std::min<Eigen::Index>(block_, n - first));
    return {values_of(o_), values_of(dq_), values_of(dk_), values_of(dv_)};
  }

 private:
  void forward(Eigen::Index first, Eigen::Index m) {
    const auto q = q_.middleRows(first, m), k = k_.middleRows(first, m);
    const auto v = v_.middleRows(first, m), g = g_.middleRows(first, m);
    const Matrix mask = causal_decay(slope_, m);
    const Eigen::VectorXf into = powers(slope_, m, 0, 1);
    const Eigen::VectorXf out = powers(slope_, m, static_cast<double>(m), -1);
    const Matrix scores = (q * k.transpose()).cwiseProduct(mask);
    const Matrix grads = (g * v.transpose()).cwiseProduct(mask);
    o_.middleRows(first, m) = scores * v + into.asDiagonal() * (q * before_);
    dq_.middleRows(first, m) = grads * k + into.asDiagonal() * (g * before_.transpose());
    dk_.middleRows(first, m) = grads.transpose() * q;
    dv_.middleRows(first, m) = scores.transpose() * g;
    before_ = (before_ * decay_over(m) + k.transpose() * (out.asDiagonal() * v)).eval();
  }

  void backward(Eigen::Index first, Eigen::Index m) {
    const auto q = q_.middleRows(first, m), k = k_.middleRows(first, m);
    const auto v = v_.middleRows(first, m), g = g_.middleRows(first, m);
    const Eigen::VectorXf into = powers(slope_, m, 0, 1);
    const Eigen::VectorXf out = powers(slope_, m, static_cast<double>(m), -1);
    dk_.middleRows(first, m) += out.asDiagonal() * (v * after_.transpose());
    dv_.middleRows(first, m) += out.asDiagonal() * (k * after_);
    after_ = (after_ * decay_over(m) + q.transpose() * (into.asDiagonal() * g)).eval();
  }

  [[nodiscard]] float decay_over(Eigen::Index tokens) const {
    return static_cast<float>(std::exp(-slope_ * static_cast<double>(tokens)));
  }

  double slope_;
  int block_;
  Rows q_, k_, v_, g_;
  Matrix before_, after_;  // states around the block being walked
  Matrix o_, dq_, dk_, dv_;
};

// Inputs of scan claims, by buffer: the rank and direction whose local state goes there.
class StateTable {
 public:
  explicit StateTable(const models::Plan& plan) : claim_(plan.buffers.size(), -1) {
    for (std::size_t c = 0; c < plan.claims.size(); ++c)
      for (const BufferId input : plan.claims[c].inputs)
        claim_[input.index()] = static_cast<std::int32_t>(c);
  }
  [[nodiscard]] std::int32_t claim_of(BufferId buffer) const { return claim_[buffer.index()]; }

 private:
  std::vector<std::int32_t> claim_;
};

void store(std::span<const float> state, std::span<std::byte> to) {
  TL_ENSURE(state.size_bytes() == to.size(), "local state of the plan's size");
  std::memcpy(to.data(), state.data(), to.size());
}

std::vector<float> load(std::span<const std::byte> from) {
  std::vector<float> values(from.size() / sizeof(float));
  std::memcpy(values.data(), from.data(), from.size());
  return values;
}

double difference_norm(std::span<const float> a, std::span<const double> b, double& norm) {
  double difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double off = static_cast<double>(a[i]) - b[i];
    difference += off * off;
    norm += b[i] * b[i];
  }
  return std::sqrt(difference);
}

}  // namespace

AttentionInputs AttentionInputs::part(std::size_t first, std::size_t count) const {
  const auto cut = [&](const std::vector<float>& from, int width) {
    const auto w = static_cast<std::size_t>(width);
    const auto begin = from.begin() + static_cast<std::ptrdiff_t>(first * w);
    return std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(count * w));
  };
  return {d, e, slope, cut(q, d), cut(k, d), cut(v, e), cut(dout, e)};
}

AttentionInputs normal_inputs(std::size_t tokens, int d, int e, double slope, std::uint64_t seed) {
  const std::size_t key = tokens * static_cast<std::size_t>(d);
  const std::size_t value = tokens * static_cast<std::size_t>(e);
  return {d,
          e,
          slope,
          normal_numbers(key, 4 * seed),
          normal_numbers(key, 4 * seed + 1),
          normal_numbers(value, 4 * seed + 2),
          normal_numbers(value, 4 * seed + 3)};
}

AttentionResults<double> token_by_token(const AttentionInputs& inputs) {
  const MatrixOf<double> q = rows(inputs.q, inputs.d).cast<double>();
  const MatrixOf<double> k = rows(inputs.k, inputs.d).cast<double>();
  const MatrixOf<double> v = rows(inputs.v, inputs.e).cast<double>();
  const MatrixOf<double> g = rows(inputs.dout, inputs.e).cast<double>();
  const double lambda = std::exp(-inputs.slope);
  MatrixOf<double> o(v.rows(), v.cols()), dq(q.rows(), q.cols()), dk = dq, dv = o;
  MatrixOf<double> state = MatrixOf<double>::Zero(inputs.d, inputs.e);
  for (Eigen::Index t = 0; t < q.rows(); ++t) {
    state = lambda * state + k.row(t).transpose() * v.row(t);
    o.row(t) = q.row(t) * state;
    dq.row(t) = g.row(t) * state.transpose();
  }
  state.setZero();
  for (Eigen::Index t = q.rows(); t-- > 0;) {
    state = lambda * state + q.row(t).transpose() * g.row(t);
    dk.row(t) = v.row(t) * state.transpose();
    dv.row(t) = k.row(t) * state;
  }
  return {values_of(o), values_of(dq), values_of(dk), values_of(dv)};
}

LocalStates local_states(const AttentionInputs& chunk) {
  const auto n = static_cast<Eigen::Index>(chunk.tokens());
  const Eigen::VectorXf out = powers(chunk.slope, n, static_cast<double>(n), -1);
  const Eigen::VectorXf into = powers(chunk.slope, n, 0, 1);
  const Matrix prefix =
      rows(chunk.k, chunk.d).transpose() * (out.asDiagonal() * rows(chunk.v, chunk.e));
  const Matrix suffix =
      rows(chunk.q, chunk.d).transpose() * (into.asDiagonal() * rows(chunk.dout, chunk.e));
  return {values_of(prefix), values_of(suffix)};
}

AttentionResults<float> chunk_results(const AttentionInputs& chunk, std::span<const float> prefix,
                                      std::span<const float> suffix, int block) {
  return ChunkWalk(chunk, prefix, suffix, block).run();
}

ScannedStates scan_states(const models::Plan& plan, const std::vector<double>& decays,
                          const StateOf& state) {
  models::Inputs inputs;
  inputs.decays = decays;
  check_runnable(plan);
  HostMemory memory(plan, inputs);
  HostFold fold(plan, inputs, memory);
  const StateTable states(plan);
  for (std::size_t i = 0; i < plan.ops.size(); ++i) {
    const OpId op{i};
    switch (plan.op(op).kind) {
      case models::OpKind::copy:
      case models::OpKind::multimem_store:
        memory.copy(plan.sources(op), plan.destinations(op));
        break;
      case models::OpKind::reduce:
      case models::OpKind::multimem_reduce:
      case models::OpKind::scan_reduce: fold.run(op); break;
      case models::OpKind::compute:
        for (const models::Slice& to : plan.destinations(op))
          if (const std::int32_t c = states.claim_of(to.buffer); c >= 0)
            store(state(plan.rank_of(op), plan.claims[static_cast<std::size_t>(c)].suffix),
                  memory.bytes(to));
        break;
      case models::OpKind::barrier:
      case models::OpKind::library: break;
    }
  }
  ScannedStates result;
  for (const models::Claim& claim : plan.claims)
    for (const BufferId output : claim.outputs) {
      std::vector<std::vector<float>>& side = claim.suffix ? result.suffix : result.prefix;
      side.resize(static_cast<std::size_t>(plan.ranks()));
      side[plan.buffer(output).rank.index()] = load(memory.bytes(output));
    }
  return result;
}

double relative_error(std::span<const float> a, std::span<const double> b) {
  double norm = 0;
  const double difference = difference_norm(a, b, norm);
  if (!std::isfinite(difference)) return std::numeric_limits<double>::infinity();
  return norm > 0 ? difference / std::sqrt(norm) : difference;
}

double mean_difference(std::span<const float> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(static_cast<double>(a[i]) - b[i]);
  return sum / static_cast<double>(a.size());
}

}  // namespace twinlink::sim
