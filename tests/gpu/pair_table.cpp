// All-reduce of two GPUs in fused mode beside NCCL, on the same sizes in the same process.
//
//   pair_table [--from BYTES] [--to BYTES] [--cooperative yes|no] [--overlapped yes|no]
//
// JSON lines on stdout (one per plan and size, one per NCCL mode and size, then one row per size),
// the table on stderr. A plan whose numbers are wrong has no time and cannot win. Exit 0; 1: a part
// failed; 3: wrong numbers; 5: fewer than two devices, or no NCCL.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <limits>
#include <string>

#include "models/collectives/catalogue.h"
#include "realgpu/nccl_baseline.h"
#include "realgpu/quantile.h"
#include "realgpu/realgpu.h"
#include "tests/gpu/pair_plans.h"
#include "topology/error.h"

using namespace twinlink;

namespace {

struct Flags {
  std::int64_t from = 1 << 10, to = std::int64_t{512} << 20;
  bool cooperative = true, overlapped = true;
};

struct Candidate {
  std::string name;
  models::LaneShape shape;
  models::Edge edge = models::Edge::inline_ll;
};

struct Best {
  std::string name = "none";
  double us = std::numeric_limits<double>::infinity();
  void offer(const std::string& other, double time) {
    if (time < us) *this = {other, time};
  }
};

int repeats_for(std::int64_t bytes) {
  return bytes >= (1 << 26) ? 2 : (bytes >= (1 << 22) ? 4 : 10);
}

void add(std::vector<Candidate>& all, const std::string& name, const std::array<int, 3>& shape,
         models::Edge edge = models::Edge::inline_ll) {
  all.push_back(
      {name,
       {shape[0], static_cast<std::int16_t>(shape[1]), 16, static_cast<std::int16_t>(shape[2])},
       edge});
}

// One-shot pushes with that many bytes a CTA.
void add_inline(std::vector<Candidate>& all, std::int64_t bytes, models::Edge edge,
                std::initializer_list<int> bytes_per_cta) {
  int last = 0;
  for (const int each : bytes_per_cta) {
    const auto ctas = static_cast<int>(std::clamp<std::int64_t>(bytes / each, 1, 128));
    if (ctas != last) add(all, "one_shot_push", {ctas, 512, 4}, edge);
    last = ctas;
  }
  if (bytes <= (1 << 16))
    for (const int threads : {64, 128, 256})
      add(all, "one_shot_push",
          {static_cast<int>(std::max<std::int64_t>(1, bytes / (16 * threads))), threads, 4}, edge);
}

std::vector<Candidate> candidates(std::int64_t bytes) {
  std::vector<Candidate> all;
  if (bytes <= (1 << 18)) add_inline(all, bytes, models::Edge::inline_ll, {4 << 10, 8 << 10});
  if (bytes <= (1 << 22))
    add_inline(all, bytes, models::Edge::inline_ll128, {4 << 10, 7 << 10, 14 << 10, 28 << 10});
  if (bytes >= (1 << 20) && bytes < (1 << 26)) {
    add(all, "two_shot_push", {64, 512, 4});
    add(all, "two_shot", {64, 512, 4});
  }
  if (bytes >= (1 << 21)) add(all, "two_shot_push", {128, 512, 4});
  if (bytes >= (1 << 24) && bytes <= (1 << 26)) {
    add(all, "two_shot_push", {128, 512, 8});
    add(all, "two_shot_push", {128, 1024, 2});
  }
  return all;
}

models::Plan plan_of(const Candidate& candidate, std::int64_t bytes) {
  testing::PushRequest request;
  request.gpu_of_rank = {0, 1};
  request.bytes = Bytes{bytes};
  request.shape = candidate.shape;
  request.edge = candidate.edge;
  if (candidate.name == "one_shot_push") return testing::one_shot_push(request);
  if (candidate.name == "two_shot_push") return testing::two_shot_push(request);
  models::CollectiveRequest wanted;
  wanted.gpu_of_rank = request.gpu_of_rank;
  wanted.bytes = request.bytes;
  wanted.shape = request.shape;
  return models::build_plan(models::find_algorithm(models::Operation::all_reduce, candidate.name),
                            wanted);
}

std::string spread(const std::vector<double>& us) {
  char text[160];
  std::snprintf(text, sizeof text, "\"median_us\":%.4f,\"p10_us\":%.4f,\"p90_us\":%.4f,\"n\":%zu",
                realgpu::quantile(us, 0.5), realgpu::quantile(us, 0.1), realgpu::quantile(us, 0.9),
                us.size());
  return text;
}

std::string edge_text(const Candidate& candidate) {
  if (candidate.name != "one_shot_push") return "";
  return " " + std::string(models::name_of(candidate.edge));
}

// Median in us; infinite when the numbers are wrong.
double measure(const Candidate& candidate, std::int64_t bytes, const Flags& flags) {
  realgpu::Options options;
  options.mode = realgpu::Mode::fused;
  options.timeline = false;
  options.repeats = repeats_for(bytes);
  options.cooperative = flags.cooperative;
  options.overlapped = flags.overlapped;
  const models::Execution run =
      realgpu::make_realgpu(options)->execute(plan_of(candidate, bytes), {});
  std::vector<double> us;
  for (const Duration sample : run.samples) us.push_back(to_us(sample));
  std::cout << "{\"plan\":\"" << candidate.name << "\",\"bytes\":" << bytes
            << ",\"ctas\":" << candidate.shape.ctas << ",\"threads\":" << candidate.shape.threads
            << ",\"loads\":" << candidate.shape.loads_in_flight
            << ",\"correct\":" << (run.numbers->correct ? "true" : "false") << ",\"edge\":\""
            << edge_text(candidate) << "\"";
  if (!us.empty()) std::cout << "," << spread(us);
  std::cout << "}" << std::endl;
  if (!run.numbers->correct) std::cerr << candidate.name << ": " << run.numbers->reason << "\n";
  return us.empty() ? std::numeric_limits<double>::infinity() : realgpu::quantile(us, 0.5);
}

double measure_nccl(const realgpu::NcclBaseline& nccl, std::int64_t bytes, bool registered) {
  std::vector<double> us =
      nccl.seconds({"all_reduce", bytes, registered}, {5, 20}, 5 * repeats_for(bytes));
  for (double& s : us) s *= 1e6;
  std::cout << "{\"nccl\":\"" << nccl.version() << "\",\"bytes\":" << bytes
            << ",\"registered\":" << (registered ? "true" : "false") << "," << spread(us) << "}"
            << std::endl;
  return realgpu::quantile(us, 0.5);
}

void print_row(std::int64_t bytes, const Best& nccl, const Best& ours) {
  std::fprintf(stderr, "%12lld  %10.2f  %10.2f  %5.2f  %s (NCCL %s)\n",
               static_cast<long long>(bytes), nccl.us, ours.us, nccl.us / ours.us,
               ours.name.c_str(), nccl.name.c_str());
  std::printf(
      "{\"row\":\"all_reduce\",\"bytes\":%lld,\"nccl_us\":%.4f,\"ours_us\":%.4f,"
      "\"ratio\":%.4f,\"plan\":\"%s\",\"nccl_mode\":\"%s\"}\n",
      static_cast<long long>(bytes), nccl.us, ours.us, nccl.us / ours.us, ours.name.c_str(),
      nccl.name.c_str());
  std::fflush(stdout);
}

int run(const Flags& flags) {
  if (realgpu::describe_devices().devices < 2) throw UnsupportedError("two devices are needed");
  const realgpu::NcclBaseline nccl({0, 1});
  std::fprintf(stderr, "%12s  %10s  %10s  %5s\n", "bytes", "NCCL us", "fused us", "ratio");
  int code = 0;
  for (std::int64_t bytes = flags.from; bytes <= flags.to; bytes *= 2) {
    Best theirs, ours;
    for (const bool registered : {false, true})
      theirs.offer(registered ? "registered" : "default", measure_nccl(nccl, bytes, registered));
    for (const Candidate& candidate : candidates(bytes)) {
      const double us = measure(candidate, bytes, flags);
      ours.offer(candidate.name + " " + std::to_string(candidate.shape.ctas) + "x" +
                     std::to_string(candidate.shape.threads) + "x" +
                     std::to_string(candidate.shape.loads_in_flight) + edge_text(candidate),
                 us);
      if (us == std::numeric_limits<double>::infinity()) code = 3;
    }
    print_row(bytes, theirs, ours);
  }
  return code;
}

Flags parse(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--from") flags.from = std::atoll(argv[i + 1]);
    if (name == "--to") flags.to = std::atoll(argv[i + 1]);
    if (name == "--cooperative") flags.cooperative = std::string(argv[i + 1]) == "yes";
    if (name == "--overlapped") flags.overlapped = std::string(argv[i + 1]) == "yes";
  }
  return flags;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(parse(argc, argv));
  } catch (const UnsupportedError& error) {
    std::cerr << "pair_table: " << error.what() << "\n";
    return 5;
  } catch (const std::exception& error) {
    std::cerr << "pair_table: " << error.what() << "\n";
    return 1;
  }
}
