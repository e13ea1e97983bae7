// The process group with real processes: what goes right, who is missing, late, dead or of another
// mind.
#include "realgpu/process_group.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::realgpu;
using namespace std::chrono_literals;

namespace {

constexpr unsigned kWatchdog = 60;  // seconds after which a hanging process of a test is killed

using Patience = ProcessGroup::Patience;
using Part = std::function<std::string(int rank)>;

std::string run_part(const Part& part, int rank) {
  try {
    return part(rank);
  } catch (const UnsupportedError& error) {
    return std::string("unsupported: ") + error.what();
  } catch (const InputError& error) {
    return std::string("input: ") + error.what();
  } catch (const ProcessError& error) {
    return std::string("processes: ") + error.what();
  } catch (const std::exception& error) {
    return std::string("other: ") + error.what();
  }
}

struct Child {
  pid_t pid = 0;
  int output = -1;
  std::string read_all() const {
    std::string text;
    std::array<char, 4096> bytes{};
    for (ssize_t n = 0; (n = ::read(output, bytes.data(), bytes.size())) > 0;)
      text.append(bytes.data(), static_cast<std::size_t>(n));
    ::close(output);
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (WIFSIGNALED(status)) text += "killed by signal " + std::to_string(WTERMSIG(status));
    return text;
  }
};

Child start(const Part& part, int rank) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid > 0) {
    ::close(ends[1]);
    return {pid, ends[0]};
  }
  ::alarm(kWatchdog);
  const std::string text = run_part(part, rank);
  const ssize_t written = ::write(ends[1], text.data(), text.size());
  ::_exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
}

// Each rank in its own process; what it returned, or what it threw.
std::vector<std::string> run(const std::vector<int>& ranks, const Part& part) {
  std::vector<Child> children;
  for (const int rank : ranks) children.push_back(start(part, rank));
  std::vector<std::string> texts;
  for (const Child& child : children) texts.push_back(child.read_all());
  return texts;
}

// A job of its own for every test and run.
ProcessPlace place(int rank, int size, const std::string& name) {
  return {rank, size, "test." + std::to_string(::getppid()) + "." + name, "test"};
}

Payload bytes_of(const std::string& text) {
  Payload bytes(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) bytes[i] = static_cast<std::byte>(text[i]);
  return bytes;
}

std::string text_of(const Payload& bytes) {
  std::string text;
  for (const std::byte b : bytes) text += static_cast<char>(b);
  return text;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("processes: all_gather, broadcast, any and values, on 2, 3 and 4 processes") {
  for (const int size : {2, 3, 4}) {
    CAPTURE(size);
    std::vector<int> ranks;
    for (int r = 0; r < size; ++r) ranks.push_back(r);
    const auto texts = run(ranks, [&](int rank) {
      ProcessGroup group(place(rank, size, "all"), {});
      std::string text;
      // Parts of unequal sizes, one of them empty.
      const Payload mine = bytes_of(std::string(static_cast<std::size_t>(rank), 'x'));
      for (const Payload& part : group.all_gather("gather", mine)) text += text_of(part) + ",";
      text += text_of(group.broadcast("cast", bytes_of("of" + std::to_string(rank)))) + ",";
      for (const int value : group.all_gather_values("values", 10 * rank))
        text += std::to_string(value) + ",";
      text += group.any("one", rank == size - 1) ? "yes," : "no,";
      text += group.any("none", false) ? "yes" : "no";
      group.barrier("end");
      return text;
    });
    std::string expected;
    for (int r = 0; r < size; ++r) expected += std::string(static_cast<std::size_t>(r), 'x') + ",";
    expected += "of0,";
    for (int r = 0; r < size; ++r) expected += std::to_string(10 * r) + ",";
    for (const std::string& text : texts) CHECK(text == expected + "yes,no");
  }
}

TEST_CASE("processes: a thousand calls, and parts of a megabyte") {
  const auto texts = run({0, 1}, [](int rank) {
    ProcessGroup group(place(rank, 2, "many"), {});
    int sum = 0;
    for (int i = 0; i < 1000; ++i)
      for (const int value : group.all_gather_values("call", i + rank)) sum += value;
    const Payload large(1 << 20, static_cast<std::byte>(rank));
    for (const Payload& part : group.all_gather("large", large))
      sum += static_cast<int>(part.size()) + static_cast<int>(part.back());
    return std::to_string(sum);
  });
  // 2 sums of 0..999, 1000 from process 1; 2 MiB, and the last bytes 0 and 1.
  const int expected = 2 * 499'500 + 1000 + 2 * (1 << 20) + 1;
  for (const std::string& text : texts) CHECK(text == std::to_string(expected));
}

TEST_CASE("processes: one that never comes is named, by all that came") {
  const auto texts = run({0, 2}, [](int rank) {
    ProcessGroup group(place(rank, 3, "missing"), Patience{300ms, 1s});
    return std::string("joined");
  });
  for (const std::string& text : texts) {
    CHECK_MESSAGE(has(text, "of 3 processes, these did not come within 0.3 s: 1"), text);
    CHECK_MESSAGE(has(text, "of test)"), text);
  }
}

TEST_CASE("processes: without process 0 the others end, and say what they waited for") {
  const auto texts = run({1}, [](int rank) {
    ProcessGroup group(place(rank, 2, "headless"), Patience{200ms, 1s});
    return std::string("joined");
  });
  CHECK_MESSAGE(has(texts[0], "process 0 did not come within 0.2 s"), texts[0]);
}

TEST_CASE("processes: late ones are waited for, at the start and in a call") {
  const auto texts = run({0, 1, 2}, [](int rank) {
    std::this_thread::sleep_for(rank * 150ms);
    ProcessGroup group(place(rank, 3, "late"), {});
    std::this_thread::sleep_for((2 - rank) * 100ms);
    return std::to_string(group.all_gather_values("late call", rank).size());
  });
  for (const std::string& text : texts) CHECK(text == "3");
}

TEST_CASE("processes: one that lives but does not come to a call is named after the deadline") {
  const auto texts = run({0, 1, 2}, [](int rank) {
    ProcessGroup group(place(rank, 3, "asleep"), Patience{10s, 300ms});
    if (rank == 1) std::this_thread::sleep_for(1500ms);
    group.barrier("the meeting");
    return std::string("met");
  });
  for (const std::string& text : texts)
    CHECK_MESSAGE(has(text, "these processes did not come to \"the meeting\" within 0.3 s: 1"),
                  text);
}

TEST_CASE("processes: one that is killed is named at once, whichever it is") {
  for (const int victim : {0, 1, 2}) {
    CAPTURE(victim);
    const auto texts = run({0, 1, 2}, [victim](int rank) {
      ProcessGroup group(place(rank, 3, "killed" + std::to_string(victim)), {});
      group.barrier("before");
      if (rank == victim) ::raise(SIGKILL);
      group.barrier("after");
      return std::string("survived");
    });
    for (int rank = 0; rank < 3; ++rank) {
      const std::string& text = texts[static_cast<std::size_t>(rank)];
      if (rank == victim)
        CHECK(text == "killed by signal 9");
      else
        CHECK_MESSAGE(has(text, "process " + std::to_string(victim) +
                                    " ended while the others were at \"after\""),
                      text);
    }
  }
}

TEST_CASE("processes: after a failure every further call fails the same way") {
  const auto texts = run({0, 1}, [](int rank) {
    ProcessGroup group(place(rank, 2, "again"), {});
    if (rank == 1) return std::string("left");
    const auto attempt = [&] {
      return run_part([&](int) { return group.barrier("x"), std::string("met"); }, 0);
    };
    const std::string first = attempt();
    return first == attempt() ? first : "another error";
  });
  CHECK_MESSAGE(has(texts[0], "process 1 ended while the others were at \"x\""), texts[0]);
}

TEST_CASE("processes: together, what one throws all throw, and the group goes on") {
  const auto texts = run({0, 1, 2}, [](int rank) {
    ProcessGroup group(place(rank, 3, "together"), {});
    std::string text;
    const auto attempt = [&](const std::function<void()>& local) {
      text += run_part([&](int) { return group.together("step", local), std::string("fine"); }, 0);
      text += group.failed_together() ? " (all)\n" : "\n";
    };
    attempt([] {});
    attempt([&] {
      if (rank == 1) throw UnsupportedError("no such kernel");
    });
    attempt([&] {
      if (rank == 2) throw InputError("bad decay");
      if (rank == 0) throw UnsupportedError("milder");
    });
    attempt([&] {
      if (rank >= 1) throw std::runtime_error("GPU fell off the bus");
    });
    attempt([] {});
    return text;
  });
  const std::string first = "fine\nunsupported: process 1: no such kernel (all)\n";
  CHECK(texts[0] == first + "input: process 2: bad decay (all)\n" +
                        "processes: process 1: GPU fell off the bus (all)\nfine\n");
  CHECK(texts[1] == std::string("fine\nunsupported: no such kernel (all)\n") +
                        "input: process 2: bad decay (all)\nother: GPU fell off the bus (all)\n" +
                        "fine\n");
  CHECK(texts[2] == first + "input: bad decay (all)\n" +
                        "processes: process 1: GPU fell off the bus (all)\nfine\n");
}

TEST_CASE("processes: one that leaves with a reason is quoted") {
  for (const int who : {0, 1}) {
    CAPTURE(who);
    const auto texts = run({0, 1, 2}, [who](int rank) {
      ProcessGroup group(place(rank, 3, "reason" + std::to_string(who)), {});
      if (rank == who) return group.abandon("disk full"), std::string("left");
      group.barrier("next");
      return std::string("met");
    });
    for (int rank = 0; rank < 3; ++rank)
      if (rank != who)
        CHECK(texts[static_cast<std::size_t>(rank)] ==
              "processes: process " + std::to_string(who) + ": disk full");
  }
}

TEST_CASE("processes: other calls, other sizes and other counts are found") {
  const auto calls = run({0, 1, 2}, [](int rank) {
    ProcessGroup group(place(rank, 3, "calls"), {});
    group.barrier(rank == 2 ? "samples" : "first bytes");
    return std::string("met");
  });
  for (const std::string& text : calls)
    CHECK_MESSAGE(has(text, "process 2 is at \"samples\", process 0 at \"first bytes\""), text);
  const auto kinds = run({0, 1}, [](int rank) {
    ProcessGroup group(place(rank, 2, "kinds"), {});
    if (rank == 0) group.barrier("memory");
    if (rank == 1) group.together("setup", [] { throw std::runtime_error("out of memory"); });
    return std::string("met");
  });
  for (const std::string& text : kinds)
    CHECK_MESSAGE(text == "processes: process 1: out of memory", text);
  const auto sizes = run({0, 1}, [](int rank) {
    ProcessGroup group(place(rank, 2, "sizes"), {});
    group.all_gather_vectors("samples", std::vector<int>(rank == 0 ? 4 : 5, 1));
    return std::string("met");
  });
  CHECK_MESSAGE(has(sizes[0], "process 1 gave 20 bytes, process 0 16"), sizes[0]);
  CHECK_MESSAGE(has(sizes[1], "process 0 gave 16 bytes, process 1 20"), sizes[1]);
  const auto counts = run({0, 1}, [](int rank) {
    ProcessGroup group(place(rank, 2 + rank, "counts"), Patience{2s, 1s});
    return std::string("joined");
  });
  for (const std::string& text : counts)
    CHECK_MESSAGE(has(text, "process 1 is one of 3, process 0 one of 2"), text);
  const auto twice = run({0, 1, 1}, [](int rank) {
    ProcessGroup group(place(rank, 3, "twice"), Patience{2s, 1s});
    return std::string("joined");
  });
  CHECK_MESSAGE(has(twice[0], "process 1 came twice"), twice[0]);
}

TEST_CASE("processes: a second process 0 of the same job is refused, another job is not") {
  ProcessPlace first = place(0, 2, "same");
  const auto texts = run({0, 1}, [&](int rank) {
    if (rank == 0) return ProcessGroup(first, Patience{1500ms, 1s}), std::string("joined");
    std::this_thread::sleep_for(500ms);
    return ProcessGroup(first, Patience{100ms, 1s}), std::string("joined");
  });
  CHECK_MESSAGE(has(texts[0], "these did not come within 1.5 s: 1"), texts[0]);
  CHECK_MESSAGE(has(texts[1], "a second process 0 started"), texts[1]);
  const auto jobs = run({0, 1, 2, 3}, [](int rank) {
    ProcessGroup group(place(rank % 2, 2, "job" + std::to_string(rank / 2)), {});
    int sum = 0;
    for (const int value : group.all_gather_values("who", rank)) sum += value;
    return std::to_string(sum);
  });
  CHECK(jobs == std::vector<std::string>{"1", "1", "5", "5"});
}
