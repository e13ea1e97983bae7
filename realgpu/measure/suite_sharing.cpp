#include "realgpu/measure/consumers.h"
#include "realgpu/measure/suite_contention.h"

namespace twinlink::realgpu {
namespace {

struct Contest {
  std::string measure;
  Consumer first, second;
};

std::vector<Contest> link_contests(const PairBench& bench) {
  const auto pull = [&](int ctas, int loads, int slot) {
    return sm_consumer(bench, Path::pull, sm_shape(ctas, loads), slot);
  };
  const auto push = [&](int ctas, int slot) {
    return sm_consumer(bench, Path::push, sm_shape(ctas, 4), slot);
  };
  const auto engine = [&](Path path, int slot) { return engine_consumer(bench, path, slot); };
  const std::string link = "sharing_link";
  return {{link, pull(8, 4, 0), pull(32, 4, 1)},
          {link, pull(16, 4, 0), pull(16, 4, 1)},
          {link, pull(32, 1, 0), pull(32, 4, 1)},
          {link, pull(16, 2, 0), pull(64, 2, 1)},
          {link, engine(Path::pull, 0), pull(32, 4, 1)},
          {link, engine(Path::pull, 0), pull(8, 4, 1)},
          {link, engine(Path::push, 0), push(32, 1)},
          {link, push(8, 0), push(32, 1)},
          {link, engine(Path::pull, 0), engine(Path::push, 1)},
          {link, pull(32, 4, 0), push(32, 1)}};
}

std::vector<Contest> memory_contests(const PairBench& bench) {
  const auto reader = [&](int ctas, int loads, int slot) {
    return read_consumer(bench, sm_shape(ctas, loads), slot);
  };
  const auto local = [&](int ctas, int loads, int slot) {
    return sm_consumer(bench, Path::local, sm_shape(ctas, loads), slot);
  };
  const std::string hbm = "sharing_hbm";
  return {{hbm, reader(132, 1, 0), reader(132, 4, 1)},
          {hbm, reader(66, 4, 0), reader(66, 4, 1)},
          {hbm, reader(32, 4, 0), reader(132, 4, 1)},
          {hbm, local(32, 4, 0), local(96, 4, 1)},
          {hbm, reader(132, 4, 0), engine_consumer(bench, Path::local, 1)},
          {hbm, reader(132, 4, 0), engine_consumer(bench, Path::push, 1)}};
}

}  // namespace

void measure_sharing(Recorder& recorder) {
  const PairBench bench(0, 1, 2 * kConsumerBytes);
  const Pairing pairing(recorder, 0);
  std::vector<Contest> contests = link_contests(bench);
  for (Contest& contest : memory_contests(bench)) contests.push_back(std::move(contest));
  for (const Contest& contest : contests) {
    pairing.alone(contest.measure, contest.first);
    pairing.alone(contest.measure, contest.second);
    pairing.together(contest.measure, contest.first, contest.second);
  }
}

}  // namespace twinlink::realgpu
