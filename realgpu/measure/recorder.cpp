#include "realgpu/measure/recorder.h"

#include <algorithm>
#include <cstdio>

#include "realgpu/cuda_check.h"
#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

// Most errors leave the device unusable for the process: more would only repeat the first.
constexpr std::size_t kMostFailures = 3;

}  // namespace

Recorder::Recorder(const Suite& suite, const MeasureOptions& options, const std::vector<int>& gpus)
    : options_(options), nvml_(gpus) {
  result_.suite = suite.name;
  result_.quick = options.quick;
  result_.environment.driver = nvml_.driver();
}

double Recorder::elapsed_s() const {
  return std::chrono::duration<double>(Clock::now() - begin_).count();
}

bool Recorder::enough() const {
  return result_.failed.size() >= kMostFailures ||
         (options_.limit_s > 0 && elapsed_s() > options_.limit_s) ||
         (options_.stop && options_.stop());
}

void Recorder::add(const What& what, const Work& work, const std::function<Sampled()>& sample) {
  if (enough()) {
    result_.complete = false;
    return;
  }
  if (options_.progress) options_.progress(text_of(what));
  try {
    SampleSet set{what, {}, work.bytes, work.flops, {}, nvml_.read(), {}};
    Sampled sampled = sample();
    set.after = nvml_.read();
    set.seconds = std::move(sampled.seconds);
    set.method = std::move(sampled.method);
    if (!set.seconds.empty()) result_.sets.push_back(std::move(set));
  } catch (const UnsupportedError& error) {
    skip(text_of(what), error.what());
  } catch (const InputError& error) {
    skip(text_of(what), error.what());
  } catch (const GpuError& error) {
    result_.complete = false;
    result_.failed.push_back(text_of(what) + ": " + error.what());
  }
}

void Recorder::skip(const std::string& what, const std::string& why) {
  const std::string line = what + ": " + why;
  if (std::ranges::find(result_.skipped, line) == result_.skipped.end())
    result_.skipped.push_back(line);
}

Measurement Recorder::take() {
  result_.wall_s = elapsed_s();
  return std::move(result_);
}

std::string text_of(const What& what) {
  std::string text;
  for (const auto& [name, value] : what) {
    text += text.empty() ? "" : " " + name + "=";
    if (const auto* word = std::get_if<std::string>(&value)) {
      text += *word;
      continue;
    }
    char number[32];
    std::snprintf(number, sizeof number, "%.15g", std::get<double>(value));
    text += number;
  }
  return text;
}

}  // namespace twinlink::realgpu
