#include "sim/host_linear_rounding.h"

#include <bit>
#include <cmath>

#include "sim/host_linear_matrix.h"

namespace twinlink::sim {
namespace {

using namespace linear;

// Nearest even at `bits` dropped bits of the mantissa.
float rounded(float value, int bits) {
  if (!std::isfinite(value)) return value;
  const auto word = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t half = (1U << (bits - 1)) - 1 + ((word >> bits) & 1U);
  return std::bit_cast<float>((word + half) >> bits << bits);
}

template <class Expression>
Matrix tf32(const Expression& matrix) {
  return Matrix(matrix).unaryExpr([](float x) { return rounded(x, 13); });
}
template <class Expression>
Matrix stored(const Expression& matrix) {
  return Matrix(matrix).unaryExpr([](float x) { return to_bf16(x); });
}

// The four results, inside the blocks and what states between blocks add.
struct Parts {
  Matrix o, dq, dk, dv;
};

// One slab of columns of q and k (all of v and dout), by blocks.
class Slab {
 public:
  Slab(const AttentionInputs& chunk, Eigen::Index first, Eigen::Index width)
      : slope_(chunk.slope),
        q_(rows(chunk.q, chunk.d).middleCols(first, width)),
        k_(rows(chunk.k, chunk.d).middleCols(first, width)),
        v_(rows(chunk.v, chunk.e)),
        g_(rows(chunk.dout, chunk.e)) {}

  [[nodiscard]] Parts inside(Eigen::Index block) const {
    Parts parts = sized();
    const Matrix decay = causal_decay(slope_, block);
    for (Eigen::Index at = 0; at < q_.rows(); at += block) {
      const auto q = q_.middleRows(at, block), k = k_.middleRows(at, block);
      const auto v = v_.middleRows(at, block), g = g_.middleRows(at, block);
      const Matrix scores = tf32((q * k.transpose()).cwiseProduct(decay));
      const Matrix grads = tf32((g * v.transpose()).cwiseProduct(decay));
      parts.o.middleRows(at, block) = scores * v;
      parts.dq.middleRows(at, block) = grads * k;
      parts.dk.middleRows(at, block) = grads.transpose() * q;
      parts.dv.middleRows(at, block) = scores.transpose() * g;
    }
    return parts;
  }

  [[nodiscard]] Parts between(Eigen::Index block, Matrix before, Matrix after) const {
    Parts parts = sized();
    const Eigen::VectorXf into = powers(slope_, block, 0, 1);
    const Eigen::VectorXf out = powers(slope_, block, static_cast<double>(block), -1);
    const auto decay = static_cast<float>(std::exp(-slope_ * static_cast<double>(block)));
    for (Eigen::Index at = 0; at < q_.rows(); at += block) {
      const Matrix state = tf32(before);
      parts.o.middleRows(at, block) = into.asDiagonal() * (q_.middleRows(at, block) * state);
      parts.dq.middleRows(at, block) =
          into.asDiagonal() * (g_.middleRows(at, block) * state.transpose());
      const Matrix k = tf32(out.asDiagonal() * k_.middleRows(at, block));
      before = (before * decay + k.transpose() * v_.middleRows(at, block)).eval();
    }
    for (Eigen::Index at = q_.rows() - block; at >= 0; at -= block) {
      const Matrix state = tf32(after);
      parts.dk.middleRows(at, block) =
          out.asDiagonal() * (v_.middleRows(at, block) * state.transpose());
      parts.dv.middleRows(at, block) = out.asDiagonal() * (k_.middleRows(at, block) * state);
      const Matrix q = tf32(into.asDiagonal() * q_.middleRows(at, block));
      after = (after * decay + q.transpose() * g_.middleRows(at, block)).eval();
    }
    return parts;
  }

 private:
  [[nodiscard]] Parts sized() const {
    return {Matrix(v_.rows(), v_.cols()), Matrix(q_.rows(), q_.cols()),
            Matrix(q_.rows(), q_.cols()), Matrix(v_.rows(), v_.cols())};
  }
  double slope_;
  Matrix q_, k_, v_, g_;
};

class Rounding {
 public:
  Rounding(const AttentionInputs& chunk, const OutsideStates& states)
      : chunk_(chunk),
        before_(rows(states.prefix, chunk.e)),
        after_(rows(states.suffix, chunk.e)),
        all_(chunk, 0, chunk.d) {}

  // Gradients twice; o once where one kernel makes it.
  [[nodiscard]] Parts blocks(Eigen::Index block, bool o_at_once) const {
    return twice(all_.inside(block), all_.between(block, before_, after_), o_at_once);
  }

  [[nodiscard]] Parts naive() const {
    const Matrix none = Matrix::Zero(before_.rows(), before_.cols());
    Parts local = twice(all_.inside(32), all_.between(32, none, none), false);
    local.o = stored(all_.inside(64).o + all_.between(64, none, none).o);
    const Eigen::Index n = local.o.rows();
    const Eigen::VectorXf into = powers(chunk_.slope, n, 0, 1);
    const Eigen::VectorXf out = powers(chunk_.slope, n, static_cast<double>(n), -1);
    const Rows q = rows(chunk_.q, chunk_.d), k = rows(chunk_.k, chunk_.d);
    const Rows v = rows(chunk_.v, chunk_.e), g = rows(chunk_.dout, chunk_.e);
    return {stored(local.o + into.asDiagonal() * (q * before_)),
            stored(local.dq + into.asDiagonal() * (g * before_.transpose())),
            stored(local.dk + out.asDiagonal() * (v * after_.transpose())),
            stored(local.dv + out.asDiagonal() * (k * after_))};
  }

  [[nodiscard]] Parts fuse() const {
    const Eigen::Index half = chunk_.d / 2;
    const Parts low = slab(0, half), high = slab(half, half);
    Matrix dq(low.dq.rows(), chunk_.d), dk(low.dk.rows(), chunk_.d);
    dq << stored(low.dq), stored(high.dq);
    dk << stored(low.dk), stored(high.dk);
    return {stored(stored(low.o) + stored(high.o)), dq, dk,
            stored(stored(low.dv) + stored(high.dv))};
  }

 private:
  static Parts twice(const Parts& inside, const Parts& between, bool o_at_once) {
    return {o_at_once ? stored(inside.o + between.o) : stored(stored(inside.o) + between.o),
            stored(stored(inside.dq) + between.dq), stored(stored(inside.dk) + between.dk),
            stored(stored(inside.dv) + between.dv)};
  }

  [[nodiscard]] Parts slab(Eigen::Index first, Eigen::Index width) const {
    constexpr Eigen::Index kBlock = 64;
    const Slab one(chunk_, first, width);
    Parts parts = one.inside(kBlock);
    const Parts between =
        one.between(kBlock, before_.middleRows(first, width), after_.middleRows(first, width));
    parts.o += between.o;
    parts.dq += between.dq;
    parts.dk += between.dk;
    parts.dv += between.dv;
    return parts;
  }

  const AttentionInputs& chunk_;
  Matrix before_, after_;
  Slab all_;
};

Parts parts_of(const Rounding& rounding, RoundedMethod method, int block) {
  switch (method) {
    case RoundedMethod::reference: return rounding.blocks(64, true);
    case RoundedMethod::naive: return rounding.naive();
    case RoundedMethod::fuse: return rounding.fuse();
    case RoundedMethod::fuse_parallel: return rounding.blocks(block, false);
  }
  return {};
}

}  // namespace

float to_bf16(float value) { return rounded(value, 16); }

AttentionInputs in_bf16(AttentionInputs inputs) {
  for (std::vector<float>* values : {&inputs.q, &inputs.k, &inputs.v, &inputs.dout})
    for (float& value : *values) value = to_bf16(value);
  return inputs;
}

AttentionResults<float> rounded_results(const AttentionInputs& chunk, const OutsideStates& states,
                                        RoundedMethod method, int block) {
  const Parts parts = parts_of(Rounding(chunk, states), method, block);
  return {values_of(parts.o), values_of(parts.dq), values_of(parts.dk), values_of(parts.dv)};
}

}  // namespace twinlink::sim
