#include "scenarios/fitting/set_rows.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <sstream>

#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

using Row = std::optional<Observation>;

constexpr double kBf16Bytes = 2;

// "8x512x4" -> 8, 512, 4; empty: something else.
std::vector<std::int64_t> numbers_of(const std::string& text) {
  std::vector<std::int64_t> numbers;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, 'x');) {
    std::int64_t number = 0;
    const char* end = part.data() + part.size();
    const auto [rest, error] = std::from_chars(part.data(), end, number);
    if (error != std::errc() || rest != end || number <= 0) return {};
    numbers.push_back(number);
  }
  return numbers;
}

struct Kind {
  const char* name;
  Piece piece;
  bool engine;
};
constexpr Kind kKinds[] = {
    {"copy_pull", Piece::pull, true},
    {"copy_push", Piece::push, true},
    {"copy_local", Piece::local, true},
    {"copy", Piece::push, true},
    {"memcpy_local", Piece::local, true},
    {"sm_pull", Piece::pull, false},
    {"sm_push", Piece::push, false},
    {"sm_local", Piece::local, false},
    {"sm_copy", Piece::local, false},
    {"sm_read", Piece::read, false},
    {"hbm_read", Piece::read, false},
    {"sm_write", Piece::write, false},
    {"sm_fold", Piece::fold, false},
    {"graph_gap", Piece::launch, true},
    {"eager_gap", Piece::launch, true},
    {"flag", Piece::flag, true},
    {"event_peer", Piece::event, true},
    {"barrier_relaxed", Piece::barrier_relaxed, false},
    {"barrier_fenced", Piece::barrier_fenced, false},
};

const Kind* find_kind(const std::string& name) {
  for (const Kind& kind : kKinds)
    if (kind.name == name) return &kind;
  return nullptr;
}

// "gemm MxNxK" or "gemm MxNxK batch B", of bf16 matrices that pass HBM once.
std::optional<PieceOfWork> product_of(const std::string& shape, std::int64_t batch) {
  const std::vector<std::int64_t> mnk = numbers_of(shape);
  if (mnk.size() != 3) return std::nullopt;
  const auto m = static_cast<double>(mnk[0]), n = static_cast<double>(mnk[1]);
  const auto k = static_cast<double>(mnk[2]), count = static_cast<double>(batch);
  PieceOfWork work{.kind = Piece::product};
  work.product.kernel = "gemm";
  work.product.flops = 2 * m * n * k * count;
  work.product.hbm_bytes = {std::llround(kBf16Bytes * count * (m * k + k * n + m * n))};
  work.product.work = models::WorkKind::dense_gemm;
  work.product.products = {{mnk[0], mnk[1], mnk[2], batch}};
  return work;
}

// "copy_pull", "sm_pull 8x512x4", "gemm 2048x512x4096 batch 8".
std::optional<PieceOfWork> consumer_of(const std::string& text, std::int64_t bytes) {
  std::istringstream in(text);
  std::string name, shape, word;
  std::int64_t batch = 1;
  in >> name >> shape >> word >> batch;
  if (name == "gemm") return product_of(shape, word == "batch" ? batch : 1);
  const Kind* kind = find_kind(name);
  if (kind == nullptr) return std::nullopt;
  PieceOfWork work{.kind = kind->piece, .bytes = {bytes}};
  if (kind->engine) return work;
  const std::vector<std::int64_t> shaped = numbers_of(shape);
  if (shaped.size() != 3) return std::nullopt;
  work.shape = {static_cast<std::int32_t>(shaped[0]), static_cast<std::int16_t>(shaped[1]), 16,
                static_cast<std::int16_t>(shaped[2])};
  return work;
}

constexpr std::string_view kBoth = "_both";

bool both_ways(const std::string& measure) { return measure.ends_with(kBoth); }

std::string one_way_of(const std::string& measure) {
  return both_ways(measure) ? measure.substr(0, measure.size() - kBoth.size()) : measure;
}

// What is moved, by an engine or not.
using PieceKey = std::pair<int, bool>;

PieceKey piece_of(const std::string& measure) {
  const Kind* kind = find_kind(one_way_of(measure));
  return kind == nullptr ? PieceKey{-1, false}
                         : PieceKey{static_cast<int>(kind->piece), kind->engine};
}

// The same for a piece one way and both ways.
std::string case_of(const MeasuredWhat& what) {
  const PieceKey piece = piece_of(what.measure);
  std::string text = std::to_string(piece.first) + (piece.second ? " engine" : " sm");
  for (const std::int64_t part : {what.bytes, what.ctas, what.threads, what.loads})
    text += " " + std::to_string(part);
  return text;
}

// "graph of 6 pieces between two events ..."; 1 where nothing is said.
int pieces_of(const std::string& method) {
  const std::string before = "graph of ";
  int pieces = 1;
  if (method.starts_with(before))
    std::from_chars(method.data() + before.size(), method.data() + method.size(), pieces);
  return std::max(1, pieces);
}

class Rows {
 public:
  Rows(const MeasuredFile& measured, const std::string& file, std::string machine,
       Observations& out)
      : measured_(measured), file_(file), machine_(std::move(machine)), out_(out) {
    find_fork_joins();
  }

  void add_all() {
    for (index_ = 0; index_ < measured_.sets.size(); ++index_) {
      const MeasuredSet& one = measured_.sets[index_];
      const std::string& measure = one.what.measure;
      Row row;
      if (measure == "collective" || measure == "scan")
        row = plan_row(one);
      else if (!one.what.consumer.empty())
        row = contest_row(one);
      else
        row = single_row(one);
      if (row) out_.rows.push_back(*std::move(row));
    }
  }

 private:
  // What two streams cost on top of one: small pieces both ways against one way, median over
  // shapes. A file without such pairs says it as a fact of its own, which repeats to a factor of
  // two only (2.5 and 5.4 us on two hosts whose small pieces agree within a tenth).
  void find_fork_joins() {
    std::map<std::string, double> one_way;
    std::map<PieceKey, std::vector<double>> more;
    for (const MeasuredSet& one : measured_.sets) {
      if (one.what.measure == "fork_join") fork_join_us_ = one.median_us;
      if (one.what.bytes > 0 && one.what.bytes <= kSmallPiece && !both_ways(one.what.measure))
        one_way[case_of(one.what)] = one.median_us;
    }
    for (const MeasuredSet& one : measured_.sets) {
      if (!both_ways(one.what.measure)) continue;
      const auto found = one_way.find(case_of(one.what));
      if (found != one_way.end())
        more[piece_of(one.what.measure)].push_back(one.median_us - found->second);
    }
    for (auto& [piece, times] : more) {
      const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
      std::nth_element(times.begin(), middle, times.end());
      fork_joins_us_[piece] = *middle;
    }
  }

  [[nodiscard]] double fork_join_us(const std::string& measure) const {
    const auto found = fork_joins_us_.find(piece_of(measure));
    return found == fork_joins_us_.end() ? fork_join_us_ : found->second;
  }

  Row leave_out(const std::string& why) {
    ++out_.left_out[why];
    return std::nullopt;
  }

  [[noreturn]] void fail(const std::string& message) const {
    throw InputError({InputIssue{"/sets/" + std::to_string(index_) + "/what", message, file_}});
  }

  Observation row_of(const MeasuredSet& one, const std::string& suite) const {
    Observation o;
    o.row = {machine_, one.what.measure, "", 2, one.what.bytes, one.median_us, 0};
    o.suite = machine_ + "-" + suite;
    o.sigma = std::hypot(kRepeatability, (one.p90_us - one.p10_us) / kP10ToP90 / one.median_us);
    return o;
  }

  Row plan_row(const MeasuredSet& one) {
    const MeasuredWhat& what = one.what;
    const bool nccl = what.algorithm == "nccl";
    const auto operation = models::parse<models::Operation>(what.operation);
    const auto element = models::parse<models::ElementType>(what.element);
    if (!operation || !element || what.ranks < 1 || what.gpus < 1 || what.ranks % what.gpus != 0)
      fail("operation, element, ranks or gpus of this set are not known");
    if (!in_catalogue(*operation, what.algorithm))
      return leave_out("an algorithm that twinlink does not have");
    if (what.registered == "yes") return leave_out("NCCL on registered buffers");
    if (one.method.starts_with("stream mode")) return leave_out(kStreamMode);
    Observation o = row_of(one, nccl ? "nccl" : measured_.suite);
    o.operation = *operation;
    o.element = *element;
    o.row.operation = what.operation;
    o.row.algorithm = what.algorithm;
    o.row.ranks = static_cast<int>(what.ranks);
    o.ranks_per_gpu = static_cast<int>(what.ranks / what.gpus);
    o.row.together = o.ranks_per_gpu > 1;
    if (o.row.together) o.suite += "-ranks_per_gpu";
    if (what.ctas > 0) o.shape = what.shape();
    if (what.measure == "scan") {
      o.heads = kScanHeads;
      o.decay = kScanDecay;
    }
    return o;
  }

  Row contest_row(const MeasuredSet& one) {
    const MeasuredWhat& what = one.what;
    PieceCase work;
    const auto timed = consumer_of(what.consumer, what.bytes);
    if (!timed) fail("\"" + what.consumer + "\" is no consumer that twinlink knows");
    work.timed = *timed;
    Observation o = row_of(one, measured_.suite);
    if (what.beside != "nothing") {
      work.beside = consumer_of(what.beside, std::max<std::int64_t>(what.bytes, kBesideBytes));
      if (!work.beside) fail("\"" + what.beside + "\" is no consumer that twinlink knows");
      o.row.together = true;
      work.pieces = pieces_of(one.method);
    }
    o.row.algorithm = what.consumer + (o.row.together ? " beside " + what.beside : "");
    o.row.choice = false;
    o.piece = work;
    return o;
  }

  Row single_row(const MeasuredSet& one) {
    const MeasuredWhat& what = one.what;
    const bool both = both_ways(what.measure);
    const std::string name = one_way_of(what.measure);
    const double fork_join = fork_join_us(what.measure);
    const Kind* kind = find_kind(name);
    if (kind == nullptr) return leave_out("fact " + what.measure + ": not in the model");
    if (both && (what.bytes < kBothWays || one.median_us <= 2 * fork_join))
      return leave_out("both ways at once, mostly the fork and join of two streams");
    Observation o = row_of(one, measured_.suite);
    PieceOfWork work{.kind = kind->piece, .bytes = {what.bytes}};
    if (!kind->engine) work.shape = what.shape();
    if (name == "eager_gap") work.launch = models::LaunchMode::eager;
    if (both) o.row.measured_us -= fork_join;
    if (what.ctas > 0)
      o.row.algorithm = std::to_string(what.ctas) + "x" + std::to_string(what.threads) + "x" +
                        std::to_string(std::max<std::int64_t>(what.loads, 1));
    o.row.choice = what.bytes > 0;
    o.piece = PieceCase{work, std::nullopt, both};
    return o;
  }

  static constexpr std::int64_t kSmallPiece = 16 << 10;
  static constexpr std::int64_t kBesideBytes = std::int64_t{128} << 20;

  const MeasuredFile& measured_;
  std::string file_, machine_;
  Observations& out_;
  double fork_join_us_ = 0;  // as a fact says it
  std::map<PieceKey, double> fork_joins_us_;
  std::size_t index_ = 0;
};

// The preset of a machine with these devices; empty: none.
std::string machine_of(const std::vector<std::string>& devices) {
  const bool two = devices.size() == 2;
  if (two && devices[0] == "NVIDIA H200" && devices[1] == "NVIDIA H200") return "h200-pair";
  return "";
}

}  // namespace

void add_measured_rows(const MeasuredFile& measured, const std::string& file, std::string machine,
                       Observations& out) {
  if (machine.empty()) machine = machine_of(measured.devices);
  if (machine.empty())
    throw InputError(
        {InputIssue{"/environment/devices",
                    "no machine is known with these devices; say which with --machine", file}});
  Rows(measured, file, std::move(machine), out).add_all();
}

}  // namespace twinlink::scenarios
