// JavaScript values as C++ ones. What index.ts rules out for TypeScript is a TypeError here.
#ifndef WEIR_NATIVE_ARGUMENTS_H_
#define WEIR_NATIVE_ARGUMENTS_H_

#include <napi.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>

namespace weir {

using Bytes = std::span<uint8_t>;

inline Bytes ToBytes(const Napi::Value& value) {
  if (!value.IsTypedArray() ||
      value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw Napi::TypeError::New(value.Env(), "bytes must be a Uint8Array");
  }
  auto array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.ByteLength()};
}

inline std::string ToText(const Napi::Value& value) {
  if (!value.IsString()) throw Napi::TypeError::New(value.Env(), "text must be a string");
  return value.As<Napi::String>();
}

inline uint32_t ToNumber(const Napi::Value& value) {
  if (!value.IsNumber()) throw Napi::TypeError::New(value.Env(), "number must be a number");
  return value.As<Napi::Number>();
}

inline Napi::Object ToObject(const Napi::Value& value) {
  if (!value.IsObject()) throw Napi::TypeError::New(value.Env(), "options must be an object");
  return value.As<Napi::Object>();
}

inline Napi::Array ToArray(const Napi::Value& value) {
  if (!value.IsArray()) throw Napi::TypeError::New(value.Env(), "list must be an array");
  return value.As<Napi::Array>();
}

inline Napi::Function ToFunction(const Napi::Value& value) {
  if (!value.IsFunction()) throw Napi::TypeError::New(value.Env(), "callback is no function");
  return value.As<Napi::Function>();
}

// A numeric option that may be left out.
inline uint32_t NumberOr(const Napi::Object& options, const char* name, uint32_t otherwise) {
  Napi::Value value = options.Get(name);
  return value.IsUndefined() ? otherwise : ToNumber(value);
}

inline Napi::Symbol DisposeSymbol(Napi::Env env) {
  return Napi::Symbol::WellKnown(env, "dispose");
}

inline Napi::Uint8Array FromBytes(Napi::Env env, std::span<const uint8_t> bytes) {
  auto array = Napi::Uint8Array::New(env, bytes.size());
  std::copy(bytes.begin(), bytes.end(), array.Data());
  return array;
}

}  // namespace weir

#endif  // WEIR_NATIVE_ARGUMENTS_H_
