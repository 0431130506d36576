// Work that may take longer than a turn of the event loop should.
#ifndef WEIR_NATIVE_ASYNC_H_
#define WEIR_NATIVE_ASYNC_H_

#include <napi.h>

#include <optional>
#include <utility>

#include "result.h"

namespace weir {

// Runs `work` on a thread of the pool, then `finish(env, result)` on the main thread; deletes
// itself afterwards.
template <typename Work, typename Finish>
class Task : public Napi::AsyncWorker {
 public:
  Task(Napi::Env env, Work work, Finish finish)
      : AsyncWorker(env), promise_(env), work_(std::move(work)), finish_(std::move(finish)) {}

  Napi::Promise promise() const { return promise_.Promise(); }

 private:
  void Execute() override {
    try {
      result_ = work_();
    } catch (const KernelFailure& failure) {
      failure_ = failure;
    }
  }

  void OnOK() override {
    try {
      if (failure_) throw failure_->ToError(Env());
      promise_.Resolve(finish_(Env(), *std::move(result_)));
    } catch (const Napi::Error& error) {
      OnError(error);
    }
  }

  void OnError(const Napi::Error& error) override { promise_.Reject(error.Value()); }

  Napi::Promise::Deferred promise_;
  Work work_;
  Finish finish_;
  std::optional<decltype(std::declval<Work&>()())> result_;
  std::optional<KernelFailure> failure_;
};

template <typename Work, typename Finish>
Napi::Promise Async(Napi::Env env, Work work, Finish finish) {
  auto* task = new Task(env, std::move(work), std::move(finish));
  task->Queue();
  return task->promise();
}

}  // namespace weir

#endif  // WEIR_NATIVE_ASYNC_H_
