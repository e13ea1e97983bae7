#pragma once
// A walk through a JSON text by nlohmann's SAX parser (iterative: depth costs no stack) that knows
// where it is: JSON pointer, and byte offsets of the value and its key.
//
// Derived classes see each value as it begins (containers empty) and each container's end.
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/json/located_text.h"

namespace twinlink::scenarios {

class JsonWalk : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit JsonWalk(std::string_view text) : cursor_(text) {}

  bool null() override { return scalar(nullptr); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(number_integer_t value) override { return scalar(value); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(value); }
  bool number_float(number_float_t value, const string_t&) override { return scalar(value); }
  bool string(string_t& value) override { return scalar(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool key(string_t& name) override;
  bool start_object(std::size_t) override { return open(nlohmann::json::object()); }
  bool start_array(std::size_t) override { return open(nlohmann::json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 protected:
  virtual bool on_value(nlohmann::json&& value, bool is_container) = 0;
  virtual bool on_close() = 0;

  // Where the next token begins.
  [[nodiscard]] std::size_t next_offset() { return cursor_.next_start(); }
  [[nodiscard]] std::size_t value_offset() const { return value_offset_; }
  [[nodiscard]] std::optional<std::size_t> key_offset() const;
  [[nodiscard]] std::string pointer() const;  // of the value that begins
  [[nodiscard]] std::size_t depth() const { return frames_.size(); }
  [[nodiscard]] bool in_object() const { return !frames_.empty() && frames_.back().is_object; }
  [[nodiscard]] const std::string& key() const { return frames_.back().key; }
  [[nodiscard]] const std::string& outer_key() const { return frames_.front().key; }

 private:
  struct Frame {
    bool is_object = false;
    std::size_t key_offset = 0;
    std::size_t next = 0;  // elements of an array so far
    std::string key;
  };
  bool scalar(nlohmann::json&& value);
  bool open(nlohmann::json&& container);
  bool close();
  void step() {
    if (!frames_.empty()) ++frames_.back().next;
  }

  TextCursor cursor_;
  std::vector<Frame> frames_;
  std::size_t value_offset_ = 0;
};

}  // namespace twinlink::scenarios
