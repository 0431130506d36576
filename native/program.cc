#include "program.h"

#include <linux/bpf.h>

#include <vector>

#include "async.h"
#include "classes.h"

namespace weir {
namespace {

// How many bytes a program may put in front of or behind a packet in a test run.
constexpr size_t kMaxGrowth = 512;

struct TestRun {
  std::vector<uint8_t> data;
  std::vector<uint8_t> context;
  std::vector<uint8_t> output;
  uint32_t repeat;
  uint32_t flags;
  uint32_t batch_size;
  uint32_t returned;
  uint32_t duration;
};

void RunIn(int fd, TestRun& run) {
  // Live frames leave through a device; the kernel refuses to copy one back as well.
  bool live = run.flags & BPF_F_TEST_XDP_LIVE_FRAMES;
  run.output.resize(live ? 0 : run.data.size() + kMaxGrowth);

  LIBBPF_OPTS(bpf_test_run_opts, options);
  options.data_in = run.data.data();
  options.data_size_in = run.data.size();
  options.data_out = live ? nullptr : run.output.data();
  options.data_size_out = run.output.size();
  options.ctx_in = run.context.empty() ? nullptr : run.context.data();
  options.ctx_size_in = run.context.size();
  options.repeat = run.repeat;
  options.flags = run.flags;
  options.batch_size = run.batch_size;
  Must(bpf_prog_test_run_opts(fd, &options), "run a packet");

  run.output.resize(live ? 0 : options.data_size_out);
  run.returned = options.retval;
  run.duration = options.duration;
}

std::vector<uint8_t> Copy(const Napi::Value& value) {
  if (value.IsUndefined()) return {};
  Bytes bytes = ToBytes(value);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

Napi::Function Program::Define(Napi::Env env) {
  return DefineClass(env, kName,
                     {
                         StaticMethod("open", &Program::Open),
                         InstanceAccessor("shape", &Program::Shape, nullptr),
                         InstanceMethod("run", &Program::Run),
                         InstanceMethod("pin", &Program::Pin),
                         InstanceMethod("close", &Program::Close),
                         InstanceMethod(DisposeSymbol(env), &Program::Close),
                     });
}

Napi::Value Program::Open(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  return NewHandle(env, Classes::Of(env).program, OpenPin(env, ToText(info[0]), "bpf-prog"));
}

Napi::Value Program::Shape(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto about = Ask<bpf_prog_info>();
  char tag[2 * sizeof(about.tag) + 1];
  for (size_t i = 0; i < sizeof(about.tag); i++) {
    snprintf(&tag[2 * i], 3, "%02x", about.tag[i]);
  }

  auto shape = Napi::Object::New(env);
  shape.Set("id", Napi::Number::New(env, about.id));
  shape.Set("name", about.name);
  shape.Set("tag", tag);
  shape.Set("verifiedInstructions", Napi::Number::New(env, about.verified_insns));
  shape.Set("jitedBytes", Napi::Number::New(env, about.jited_prog_len));
  shape.Set("xlatedBytes", Napi::Number::New(env, about.xlated_prog_len));
  shape.Set("runTimeNs", Napi::BigInt::New(env, uint64_t{about.run_time_ns}));
  shape.Set("runCount", Napi::BigInt::New(env, uint64_t{about.run_cnt}));
  return shape;
}

// Runs one packet through the program in the kernel, as if it had just arrived.
Napi::Value Program::Run(const Napi::CallbackInfo& info) {
  Napi::Object options = ToObject(info[0]);
  TestRun run{};
  run.data = Copy(options.Get("data"));
  run.context = Copy(options.Get("context"));
  run.repeat = NumberOr(options, "repeat", 1);
  run.flags = NumberOr(options, "flags", 0);
  run.batch_size = NumberOr(options, "batchSize", 0);

  return Async(
      info.Env(),
      [fd = Duplicated(), run = std::move(run)]() mutable {
        RunIn(fd.get(), run);
        return std::move(run);
      },
      [](Napi::Env env, TestRun run) -> Napi::Value {
        auto result = Napi::Object::New(env);
        result.Set("returned", Napi::Number::New(env, run.returned));
        result.Set("data", FromBytes(env, run.output));
        result.Set("durationNs", Napi::Number::New(env, run.duration));
        return result;
      });
}

}  // namespace weir
