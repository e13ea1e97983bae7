// The program: reads the command line, runs one verb, and turns every failure into one message and
// one exit code.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>

#include "scenarios/cli/result_verbs.h"
#include "scenarios/cli/verbs.h"
#include "scenarios/version.h"
#include "topology/error.h"

namespace twinlink::scenarios::cli {
namespace {

constexpr const char* kAbout =
    "twinlink: plans of GPU collectives, proved, simulated and run on GPUs.\n"
    "Results go to stdout, talk to stderr. Exit codes: 0 ok, 1 internal error, 2 usage,\n"
    "3 an assertion, proof or number failed, 4 bad input, 5 no device or not supported.";

void add_verbs(CLI::App& app, Session& session) {
  add_run(app, session);
  add_coll(app, session);
  add_plan(app, session);
  add_check(app, session);
  add_topo(app, session);
  add_list(app, session);
  add_schema(app, session);
  add_validate(app, session);
  add_calibrate(app, session);
  add_measure(app, session);
  add_compare(app, session);
  add_report(app, session);
  app.set_version_flag("--version", fmt::format("twinlink {}, CUDA {}", version(),
                                                built_with_cuda() ? "yes" : "no"));
  app.require_subcommand(1);
}

std::vector<std::string> verb_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands(nullptr)) names.push_back(verb->get_name());
  return names;
}

// CLI11 would only say that the word was not expected.
void check_verb(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  const std::vector<std::string> names = verb_names(app);
  for (const std::string& name : names)
    if (name == argv[1]) return;
  throw UsageError(fmt::format("no verb \"{}\".{}", argv[1], suggestion(argv[1], names)));
}

// The nearest option of the verb in use to the first one that was not expected.
std::string option_hint(const CLI::App& app, const std::string& message) {
  const std::size_t at = message.find(" --");
  if (at == std::string::npos || message.find("not expected") == std::string::npos ||
      app.get_subcommands().empty())
    return "";
  const std::string wrong = message.substr(at + 1, message.find_first_of(" =", at + 1) - at - 1);
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_subcommands().front()->get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  const std::string near = nearest_name(wrong, names);
  return near.empty() ? "" : fmt::format(". Did you mean \"{}\"?", near);
}

int parse_and_act(CLI::App& app, Session& session, int argc, char** argv) {
  check_verb(app, argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const auto chosen = app.get_subcommands();
    session.out = chosen.empty() ? app.help() : chosen.front()->help();
    return kOk;
  } catch (const CLI::CallForVersion& asked) {
    session.out = std::string(asked.what()) + "\n";
    return kOk;
  } catch (const CLI::ParseError& error) {
    throw UsageError(std::string(error.what()) + option_hint(app, error.what()));
  }
  return session.action();
}

int guarded(CLI::App& app, Session& session, int argc, char** argv) {
  const auto fail = [&session](std::string_view text, ExitCode code) {
    session.last_words(text);
    return static_cast<int>(code);
  };
  try {
    return parse_and_act(app, session, argc, argv);
  } catch (const UsageError& error) {
    return fail(fmt::format("usage: {}\nTry \"twinlink --help\".", error.what()), kUsage);
  } catch (const InputError& error) {
    return fail(error.what(), kBadInput);
  } catch (const UnsupportedError& error) {
    return fail(fmt::format("not supported: {}", error.what()), kNoDevice);
  } catch (const std::bad_alloc&) {
    return fail("error: out of memory", kInternal);
  } catch (const InternalError& error) {
    return fail(fmt::format("internal error: {}", error.what()), kInternal);
  } catch (const std::exception& error) {
    return fail(fmt::format("error: {}", error.what()), kInternal);
  }
}

}  // namespace

std::string suggestion(const std::string& text, const std::vector<std::string>& candidates) {
  const std::string near = nearest_name(text, candidates);
  if (!near.empty()) return fmt::format(" Did you mean \"{}\"?", near);
  return candidates.empty() ? "" : fmt::format(" There are: {}.", fmt::join(candidates, ", "));
}

}  // namespace twinlink::scenarios::cli

int main(int argc, char** argv) {
  namespace cli = twinlink::scenarios::cli;
  cli::prepare_streams_and_signals();
  cli::Session session;
  CLI::App app(cli::kAbout, "twinlink");
  cli::add_verbs(app, session);
  const int code = cli::guarded(app, session, argc, argv);
  const bool written = session.flush();
  return code == cli::kOk && !written ? static_cast<int>(cli::kInternal) : code;
}
