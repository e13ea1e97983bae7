#include "sim/serving.h"

#include <doctest/doctest.h>

#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::sim;

namespace {

// One context server of 1 s per step, one generation server of 0.1 s per step.
ServingSetup simple(std::int64_t concurrency) {
  ServingSetup setup;
  setup.clients.concurrency = concurrency;
  setup.clients.input_min = setup.clients.input_max = 100;
  setup.clients.output = 11;
  setup.clients.measured = concurrency;
  setup.context.max_tokens = 100;
  setup.context.step = {{100}, {1}};
  setup.generation.places = 64;
  setup.generation.step = {{1}, {0.1}};
  return setup;
}

// Lengths vary, steps depend on load, requests wait on both sides.
ServingSetup loaded(int context_servers) {
  ServingSetup setup;
  setup.clients = {64, 500, 1000, 50, 5, 128, 512, 7};
  setup.context.servers = context_servers;
  setup.context.ranks = 2;
  setup.context.max_tokens = 1500;
  setup.context.max_requests = 4;
  setup.context.step = {{100, 1500}, {0.02, 0.1}};
  setup.hand_off = {1e6, 1e11};
  setup.generation.places = 48;
  setup.generation.step = {{1, 64}, {0.005, 0.02}};
  return setup;
}

}  // namespace

TEST_CASE("step tables are lines between their entries") {
  const StepTable table{{10, 20, 40}, {1, 2, 6}};
  CHECK(table(5) == 1);  // held below the first
  CHECK(table(15) == doctest::Approx(1.5).epsilon(1e-12));
  CHECK(table(20) == 2);
  CHECK(table(30) == doctest::Approx(4).epsilon(1e-12));
  CHECK(table(50) == doctest::Approx(8).epsilon(1e-12));  // the last slope, 0.2
}

TEST_CASE("one client: every number by hand") {
  const ServingFigures f = serve(simple(1));
  CHECK(f.ttft.mean == doctest::Approx(1).epsilon(1e-12));
  CHECK(f.itl.mean == doctest::Approx(0.1).epsilon(1e-12));
  CHECK(f.tpot.p99 == doctest::Approx(0.1).epsilon(1e-12));
  CHECK(f.e2e.mean == doctest::Approx(2).epsilon(1e-12));        // 1 + 10 x 0.1
  CHECK(f.throughput == doctest::Approx(5.5).epsilon(1e-12));    // 11 tokens in 2 s
  CHECK(f.context_busy == doctest::Approx(0.5).epsilon(1e-12));  // 1 s of 2
  CHECK(f.generation_use == doctest::Approx(0.5 / 64).epsilon(1e-12));
}

TEST_CASE("two clients: the second waits for the first, and decode steps are shared") {
  // Both send at 0. First tokens at 1 and 2 s. Steps of 0.1 s from 1 on: the first request's tokens
  // end at 2.0, and the second, which lands at 2.0, gets its own until 3.0.
  const ServingFigures f = serve(simple(2));
  CHECK(f.ttft.mean == doctest::Approx(1.5).epsilon(1e-12));
  CHECK(f.ttft.median == doctest::Approx(1).epsilon(1e-12));  // nearest rank
  CHECK(f.ttft.p99 == doctest::Approx(2).epsilon(1e-12));
  CHECK(f.e2e.mean == doctest::Approx(2.5).epsilon(1e-12));
  CHECK(f.throughput == doctest::Approx(22.0 / 3).epsilon(1e-12));
  // With one place the second still finds it free; with the first's steps twice as long it waits:
  // first tokens 1 and 2, first request ends at 3, the second begins then and ends at 5.
  ServingSetup slow = simple(2);
  slow.generation.step = {{1}, {0.2}};
  slow.generation.places = 1;
  const ServingFigures waited = serve(slow);
  CHECK(waited.e2e.mean == doctest::Approx(4).epsilon(1e-12));
  CHECK(waited.itl.p99 == doctest::Approx(1.2).epsilon(1e-12));  // 1 s of waiting, and a step
  CHECK(waited.itl.median == doctest::Approx(0.2).epsilon(1e-12));
}

TEST_CASE("long inputs are cut into chunks, several ranks step together") {
  ServingSetup setup = simple(1);
  setup.clients.input_min = setup.clients.input_max = 250;
  CHECK(serve(setup).ttft.mean == doctest::Approx(3).epsilon(1e-12));  // 100 + 100 + 50 tokens
  ServingSetup pair = simple(2);
  pair.context.ranks = 2;
  // The first is alone in the first step, the second waits for its end; then each steps alone.
  CHECK(serve(pair).ttft.p99 == doctest::Approx(2).epsilon(1e-12));
  pair.clients.concurrency = pair.clients.measured = 3;
  CHECK(serve(pair).ttft.p99 == doctest::Approx(2).epsilon(1e-12));  // two in the second step
}

TEST_CASE("the hand-off is in the first gap only") {
  ServingSetup setup = simple(1);
  setup.hand_off = {2, 400};  // 200 bytes: 0.5 s
  const ServingFigures f = serve(setup);
  CHECK(f.ttft.mean == doctest::Approx(1).epsilon(1e-12));
  CHECK(f.itl.p99 == doctest::Approx(0.6).epsilon(1e-12));
  CHECK(f.itl.median == doctest::Approx(0.1).epsilon(1e-12));
  CHECK(f.e2e.mean == doctest::Approx(2.5).epsilon(1e-12));
}

TEST_CASE("identities hold under load") {
  for (const int servers : {1, 2, 4}) {
    CAPTURE(servers);
    const ServingSetup setup = loaded(servers);
    const ServingFigures f = serve(setup);
    const double gaps = static_cast<double>(setup.clients.output - 1);
    // Gaps are counted step by step, latencies request by request: equal up to rounding.
    CHECK(f.e2e.mean == doctest::Approx(f.ttft.mean + gaps * f.itl.mean).epsilon(1e-9));
    CHECK(f.tpot.mean == doctest::Approx(f.itl.mean).epsilon(1e-9));
    // Little. The window cuts requests at both ends: 64 of 512 clients' requests, a few percent.
    const double open = f.throughput / static_cast<double>(setup.clients.output) * f.e2e.mean;
    CHECK(open == doctest::Approx(64).epsilon(0.05));
  }
}

TEST_CASE("places that are not offered cost context throughput, as often as the law says") {
  // 64 clients keep the queue of one server of two ranks with four places full; every step takes
  // 0.1 s whatever is in it, so throughput counts the places. f uniform on [0.44, 1]: ceil(4 f) is
  // 2, 3 and 4 with shares 6/56, 25/56 and 25/56, 3.339 of 4 on average.
  ServingSetup setup = loaded(1);
  setup.clients.input_max = setup.clients.input_min = 100;
  setup.clients.measured = 8192;
  setup.context.step = {{100}, {0.1}};
  setup.generation.places = 64;
  setup.generation.step = {{1}, {0.001}};  // 0.05 s a request: never what binds
  const double all = serve(setup).throughput;
  setup.context.offered = 0.44;
  // About 2,450 draws with a deviation of 0.67: 0.4 % of the mean; 2 % is five of these.
  CHECK(serve(setup).throughput / all == doctest::Approx(3.339 / 4).epsilon(0.02));
  setup.context.offered = 1;
  CHECK(serve(setup).throughput == all);
}

TEST_CASE("more context servers never hurt, and the loop is closed") {
  double throughput = 0, ttft = 1e9;
  for (const int servers : {1, 2, 3, 4}) {
    CAPTURE(servers);
    const ServingFigures f = serve(loaded(servers));
    // Who waits where changes with the seed; a percent of slack.
    CHECK(f.throughput >= throughput * 0.99);
    CHECK(f.ttft.mean <= ttft * 1.01);
    throughput = f.throughput;
    ttft = f.ttft.mean;
  }
  CHECK(serve(loaded(1)).context_busy > 0.99);  // 1: the queue is never empty
  CHECK(serve(loaded(1)).ttft.mean > 2 * serve(loaded(4)).ttft.mean);
}

TEST_CASE("the same setup gives the same figures, another seed others") {
  const ServingFigures a = serve(loaded(2)), b = serve(loaded(2));
  CHECK(a.ttft.p99 == b.ttft.p99);
  CHECK(a.throughput == b.throughput);
  ServingSetup other = loaded(2);
  other.clients.seed = 8;
  CHECK(serve(other).ttft.mean != a.ttft.mean);
}

TEST_CASE("what cannot run is refused with every reason") {
  ServingSetup setup = simple(1);
  setup.context.servers = 0;
  setup.context.offered = 0;
  setup.generation.step = {{2, 1}, {1, 1}};
  try {
    serve(setup);
    FAIL("accepted");
  } catch (const InputError& error) {
    REQUIRE(error.issues().size() == 3);
    CHECK(error.issues()[0].message == "context servers must be at least 1, not 0");
    CHECK(error.issues()[1].message.starts_with("the share of places offered must be above 0"));
  }
}
