// What Python sees of the runtime: arguments are checked and translated here, and nothing else.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/float_mode.h"
#include "runtime/instance.h"
#include "runtime/loop.h"
#include "runtime/pool.h"
#include "runtime/program.h"

namespace nb = nanobind;

namespace yeoul {
namespace {

// Programs estimated shorter than this keep the GIL: giving it away and getting it back would cost more.
constexpr double kReleaseWork = 20'000;  // nanoseconds

const KernelTable& choose_kernels() {
#if defined(__x86_64__)
  const char* variable = std::getenv("YEOUL_ISA");
  const std::string asked = variable == nullptr ? "" : variable;
  if (!asked.empty() && asked != "baseline" && asked != "avx2" && asked != "avx512") {
    throw std::runtime_error("YEOUL_ISA is '" + asked + "' and must be baseline, avx2 or avx512.");
  }
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                          __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  if (has_avx512 && (asked.empty() || asked == "avx512")) return kernels_avx512();
  if (has_avx2 && asked != "baseline") return kernels_avx2();
#endif
  return kernels_baseline();
}

const KernelTable& kernels() {
  static const KernelTable& chosen = choose_kernels();
  return chosen;
}

// An array's memory, held for as long as this lives.
class Buffer {
 public:
  Buffer() { view_.obj = nullptr; }
  Buffer(const Buffer&) = delete;
  Buffer(Buffer&& other) noexcept : view_(other.view_) { other.view_.obj = nullptr; }
  ~Buffer() { PyBuffer_Release(&view_); }

  // False, with no Python error set, if the object is no C-contiguous array (or not writable where asked).
  bool take(PyObject* object, int flags) {
    if (PyObject_GetBuffer(object, &view_, flags) == 0) return true;
    PyErr_Clear();
    view_.obj = nullptr;
    return false;
  }
  char* data() const { return static_cast<char*>(view_.buf); }
  int64_t bytes() const { return view_.len; }
  const Py_buffer& view() const { return view_; }
  PyObject* object() const { return view_.obj; }

 private:
  Py_buffer view_;
};

void take_slot(Buffer& buffer, PyObject* object, const Slot& slot, size_t index) {
  const auto fail = [&](const std::string& message) {
    throw nb::value_error(("slot " + std::to_string(index) + ": " + message).c_str());
  };
  if (!buffer.take(object, slot.is_writable ? PyBUF_WRITABLE : PyBUF_SIMPLE)) {
    fail(slot.is_writable ? "expected a writable C-contiguous array" : "expected a C-contiguous array");
  }
  if (buffer.bytes() != slot.size) {
    fail("expected " + std::to_string(slot.size) + " bytes and got an array of " + std::to_string(buffer.bytes()));
  }
  if (slot.size > 0 && reinterpret_cast<uintptr_t>(buffer.data()) % slot.alignment != 0) {
    fail("the array's memory is not aligned to its elements");
  }
}

struct PyProgram {
  std::shared_ptr<const Program> program;
  std::vector<nb::object> host;
};

using Words = nb::ndarray<const int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Numbers = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <int columns>
using Rows = nb::ndarray<const int64_t, nb::shape<-1, columns>, nb::c_contig, nb::device::cpu>;

void make_program(PyProgram* self, Rows<5> values, Rows<2> slots, int64_t arena_bytes, nb::bytes constants, Words code,
                  Numbers numbers, nb::list host) {
  ProgramWords words{};
  words.values = values.data();
  words.n_values = static_cast<int64_t>(values.shape(0));
  words.slots = slots.data();
  words.n_slots = static_cast<int64_t>(slots.shape(0));
  words.arena_bytes = arena_bytes;
  words.constants = constants.c_str();
  words.constant_bytes = static_cast<int64_t>(constants.size());
  words.code = code.data();
  words.n_code = static_cast<int64_t>(code.shape(0));
  words.numbers = numbers.data();
  words.n_numbers = static_cast<int64_t>(numbers.shape(0));
  words.n_host = static_cast<int64_t>(host.size());
  std::vector<nb::object> callables;
  for (nb::handle callable : host) {
    if (!PyCallable_Check(callable.ptr())) throw nb::type_error("host must be a list of callables");
    callables.push_back(nb::borrow(callable));
  }
  auto program = std::make_shared<const Program>(kernels(), words);
  new (self) PyProgram{std::move(program), std::move(callables)};
}

class PyInstance {
 public:
  PyInstance(nb::handle program, nb::list arrays)
      : program_(nb::borrow(program)), py_program_(nb::cast<PyProgram&>(program)), instance_(py_program_.program) {
    const std::vector<Slot>& slots = this->program().slots;
    if (arrays.size() != slots.size()) {
      throw nb::value_error(("the program has " + std::to_string(slots.size()) + " slots and got " +
                             std::to_string(arrays.size()) + " arrays")
                                .c_str());
    }
    bound_.reserve(slots.size());
    owners_.resize(slots.size(), nullptr);
    for (size_t i = 0; i < slots.size(); ++i) {
      PyObject* array = PyList_GET_ITEM(arrays.ptr(), i);
      if (array == Py_None) {
        unbound_.push_back(static_cast<int32_t>(i));
        continue;
      }
      Buffer buffer;
      take_slot(buffer, array, slots[i], i);
      instance_.bind(static_cast<int32_t>(i), buffer.data());
      bound_.push_back(std::move(buffer));
    }
    instance_.set_host(&PyInstance::call_host, this);
  }
  PyInstance(const PyInstance&) = delete;

  const Program& program() const { return *py_program_.program; }
  Instance& instance() { return instance_; }
  const std::vector<int32_t>& unbound() const { return unbound_; }
  // Views of the slot's memory that host callables get keep `owner` alive; null = this instance.
  void set_owner(int32_t slot, PyObject* owner) { owners_[slot] = owner; }

  void run(nb::list arrays) {
    const size_t count = unbound_.size();
    if (arrays.size() != count) {
      throw nb::value_error(
          ("expected " + std::to_string(count) + " arrays and got " + std::to_string(arrays.size())).c_str());
    }
    constexpr size_t kFew = 8;
    std::array<Buffer, kFew> few;
    std::vector<Buffer> many(count > kFew ? count : 0);
    Buffer* buffers = count > kFew ? many.data() : few.data();
    for (size_t i = 0; i < count; ++i) {
      take_slot(buffers[i], PyList_GET_ITEM(arrays.ptr(), i), program().slots[unbound_[i]], unbound_[i]);
    }

    std::optional<nb::gil_scoped_release> released;
    if (program().work > kReleaseWork) released.emplace();
    if (released || !instance_.turn.try_lock()) {
      // Never wait for another thread's run with the GIL in hand: that thread may need it to finish.
      if (!released) released.emplace();
      instance_.turn.lock();
    }
    std::lock_guard<Turn> turn(instance_.turn, std::adopt_lock);
    for (size_t i = 0; i < count; ++i) {
      instance_.bind(unbound_[i], buffers[i].data());
      owners_[unbound_[i]] = buffers[i].object();
    }
    const FloatMode mode(FloatMode::flush);
    instance_.run();
  }

 private:
  static void call_host(void* context, Instance& instance, const HostStep& step) {
    auto& self = *static_cast<PyInstance*>(context);
    nb::gil_scoped_acquire acquired;
    nb::list inputs, outputs;
    for (int32_t value : step.inputs) inputs.append(self.view<const uint8_t>(instance, value));
    for (int32_t value : step.outputs) outputs.append(self.view<uint8_t>(instance, value));
    self.py_program_.host[step.callable](inputs, outputs);
  }

  template <typename Byte>
  nb::object view(Instance& instance, int32_t value) {
    const Value& v = program().values[value];
    nb::object owner;
    if (v.place == Place::Slot && owners_[v.index] != nullptr) {
      owner = nb::borrow(owners_[v.index]);
    } else {
      owner = nb::find(*this);
    }
    const size_t shape[] = {static_cast<size_t>(v.size)};
    return nb::cast(nb::ndarray<nb::numpy, Byte, nb::ndim<1>>(instance.address(value), 1, shape, owner));
  }

  nb::object program_;  // keeps py_program_ alive
  PyProgram& py_program_;
  Instance instance_;
  std::vector<Buffer> bound_;
  std::vector<PyObject*> owners_;
  std::vector<int32_t> unbound_;
};

using Logs = nb::ndarray<double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using ShuffleState = nb::ndarray<uint32_t, nb::shape<2>, nb::c_contig, nb::device::cpu>;

class PyPhase {
 public:
  PyPhase(int64_t samples, int64_t batch, int64_t steps, nb::object step, nb::object tail, nb::object result,
          nb::object reset, std::optional<Logs> logs, nb::list data, std::optional<ShuffleState> shuffle)
      : samples_(samples), batch_(batch), steps_(steps), logs_(std::move(logs)), shuffle_(std::move(shuffle)) {
    if (samples < 1 || batch < 1 || steps < 1) refuse("samples, batch and steps must be 1 or more");
    if (batch > INT64_MAX / 2 || steps > INT64_MAX / batch || (steps - 1) * batch >= samples) {
      refuse("there are more steps than " + std::to_string(samples) + " samples give batches of " +
             std::to_string(batch));
    }
    if (shuffle_ && samples > UINT32_MAX) refuse("more than 2^32 - 1 samples can not be shuffled");
    const int64_t rows_in_tail = steps * batch > samples ? samples - (steps - 1) * batch : 0;
    if (rows_in_tail > 0 && tail.is_none()) {
      refuse("the last batch has " + std::to_string(rows_in_tail) + " rows, and there is no tail program for it");
    }
    if (step.is_none() && (rows_in_tail == 0 || steps > 1)) refuse("there is no step program");
    step_ = hold(step, "step");
    tail_ = rows_in_tail > 0 ? hold(tail, "tail") : nullptr;
    result_ = hold(result, "result");
    reset_ = hold(reset, "reset");
    for (nb::handle row : data) add_data(row, rows_in_tail);
    check_slots(step_, "step", &Data::step_slot);
    check_slots(tail_, "tail", &Data::tail_slot);
    check_slots(result_, "result", nullptr);
    check_slots(reset_, "reset", nullptr);
  }
  PyPhase(const PyPhase&) = delete;

  Phase phase() const {
    Phase phase;
    phase.samples = samples_;
    phase.batch = batch_;
    phase.steps = steps_;
    phase.step = instance(step_);
    phase.tail = instance(tail_);
    phase.result = instance(result_);
    phase.reset = instance(reset_);
    if (logs_) {
      phase.logs = logs_->data();
      phase.n_logs = static_cast<int64_t>(logs_->shape(0));
    }
    if (shuffle_) phase.shuffle = shuffle_->data();
    for (const Data& data : data_) {
      phase.data.push_back({data.rows.data(), data.row_bytes, data.step_slot, data.tail_slot, {}});
    }
    return phase;
  }

  // Host callables' views of a batch keep alive what the batch lies in.
  void set_owners(PyObject* loop) const {
    for (const Data& data : data_) {
      PyObject* owner = shuffle_ ? loop : data.rows.object();
      if (step_ != nullptr && data.step_slot >= 0) step_->set_owner(data.step_slot, owner);
      if (tail_ != nullptr && data.tail_slot >= 0) tail_->set_owner(data.tail_slot, owner);
    }
  }

 private:
  struct Data {
    Buffer rows;
    int64_t row_bytes;
    int32_t step_slot, tail_slot;
  };

  [[noreturn]] static void refuse(const std::string& message) { throw nb::value_error(("phase: " + message).c_str()); }

  static Instance* instance(PyInstance* from) { return from == nullptr ? nullptr : &from->instance(); }

  PyInstance* hold(nb::object object, const char* what) {
    if (object.is_none()) return nullptr;
    if (!nb::isinstance<PyInstance>(object)) {
      throw nb::type_error((std::string("phase: ") + what + " must be an Instance or None").c_str());
    }
    held_.push_back(object);
    return &nb::cast<PyInstance&>(object);
  }

  void add_data(nb::handle row, int64_t rows_in_tail) {
    if (!PyTuple_Check(row.ptr()) || PyTuple_GET_SIZE(row.ptr()) != 3) {
      throw nb::type_error("phase: data must be a list of (array, step slot, tail slot)");
    }
    const std::string name = "data " + std::to_string(data_.size());
    Data data{{}, 0, nb::cast<int32_t>(row[1]), nb::cast<int32_t>(row[2])};
    if (!data.rows.take(PyTuple_GET_ITEM(row.ptr(), 0), PyBUF_ND)) refuse(name + " is no C-contiguous array");
    const Py_buffer& view = data.rows.view();
    if (view.ndim < 1 || view.shape[0] != samples_) {
      refuse(name + " must have " + std::to_string(samples_) + " rows on its first axis");
    }
    data.row_bytes = view.len / samples_;
    check_data(step_, "step", data.step_slot, data, batch_, name);
    check_data(tail_, "tail", data.tail_slot, data, rows_in_tail, name);
    data_.push_back(std::move(data));
  }

  static void check_data(PyInstance* program, const char* what, int32_t slot, const Data& data, int64_t rows,
                         const std::string& name) {
    if (program == nullptr || slot == -1) return;
    const std::vector<int32_t>& unbound = program->unbound();
    const std::string place = "slot " + std::to_string(slot) + " of the " + what + " program";
    if (std::find(unbound.begin(), unbound.end(), slot) == unbound.end()) {
      refuse(name + ": " + place + " is bound already or does not exist");
    }
    const Slot& s = program->program().slots[slot];
    if (s.is_writable) refuse(name + ": " + place + " is written to, and data must not be");
    int64_t bytes;
    if (__builtin_mul_overflow(data.row_bytes, rows, &bytes) || bytes != s.size) {
      refuse(name + ": a batch has " + std::to_string(rows) + " rows of " + std::to_string(data.row_bytes) +
             " bytes, and " + place + " takes " + std::to_string(s.size) + " bytes");
    }
    if (s.size > 0 &&
        (reinterpret_cast<uintptr_t>(data.rows.data()) % s.alignment != 0 || data.row_bytes % s.alignment != 0)) {
      refuse(name + " is not aligned to its elements");
    }
  }

  void check_slots(PyInstance* program, const char* what, int32_t Data::* slot_of) const {
    if (program == nullptr) return;
    for (int32_t slot : program->unbound()) {
      const auto takes = [&](const Data& data) { return slot_of != nullptr && data.*slot_of == slot; };
      if (std::count_if(data_.begin(), data_.end(), takes) != 1) {
        refuse("slot " + std::to_string(slot) + " of the " + what + " program needs exactly one array");
      }
    }
  }

  int64_t samples_, batch_, steps_;
  PyInstance *step_ = nullptr, *tail_ = nullptr, *result_ = nullptr, *reset_ = nullptr;
  std::vector<nb::object> held_;
  std::optional<Logs> logs_;
  std::optional<ShuffleState> shuffle_;
  std::vector<Data> data_;
};

class PyLoop {
 public:
  explicit PyLoop(nb::list phases) {
    if (phases.size() == 0) throw nb::value_error("a loop needs at least one phase");
    std::vector<Phase> made;
    for (nb::handle phase : phases) {
      if (!nb::isinstance<PyPhase>(phase)) throw nb::type_error("phases must be a list of Phase");
      phases_.push_back(nb::borrow(phase));
      made.push_back(nb::cast<PyPhase&>(phase).phase());
    }
    loop_.emplace(kernels(), std::move(made));
  }
  PyLoop(const PyLoop&) = delete;

  nb::tuple run(int64_t max_epochs, int64_t max_steps, double time_slice) {
    Progress progress;
    PyObject* self = nb::find(*this).ptr();
    {
      nb::gil_scoped_release released;
      progress = loop_->run(max_epochs, max_steps, time_slice, [&] {
        for (const nb::object& phase : phases_) nb::inst_ptr<PyPhase>(phase)->set_owners(self);
      });
    }
    return nb::make_tuple(progress.epochs, progress.step, progress.phase);
  }

  nb::object rows() {
    std::vector<double> rows;
    {
      nb::gil_scoped_release released;
      rows = loop_->take_rows();
    }
    const size_t width = static_cast<size_t>(loop_->n_logs());
    const size_t epochs = width == 0 ? 0 : rows.size() / width;
    return array(std::move(rows), {epochs, width});
  }

  nb::object peek() {
    std::vector<double> logs;
    {
      nb::gil_scoped_release released;
      logs = loop_->peek();
    }
    const size_t count = logs.size();
    return array(std::move(logs), {count});
  }

 private:
  static nb::object array(std::vector<double> numbers, std::vector<size_t> shape) {
    auto* kept = new std::vector<double>(std::move(numbers));
    nb::capsule owner(kept, [](void* pointer) noexcept { delete static_cast<std::vector<double>*>(pointer); });
    return nb::cast(nb::ndarray<nb::numpy, double>(kept->data(), shape.size(), shape.data(), owner));
  }

  std::vector<nb::object> phases_;
  std::optional<Loop> loop_;
};

template <typename Code>
nb::dict names_to_codes() {
  nb::dict result;
  for (int i = 0; i < static_cast<int>(Code::Count); ++i) {
    const char* name = name_of(static_cast<Code>(i));
    result[name] = i;
  }
  return result;
}

}  // namespace
}  // namespace yeoul

NB_MODULE(_native, m) {
  using namespace yeoul;
  nb::set_leak_warnings(false);
  m.doc() = "The engine that runs compiled programs.";
  kernels();  // a wrong YEOUL_ISA is an error of the import

  m.attr("OPCODES") = names_to_codes<OpCode>();
  m.attr("MAP_OPS") = names_to_codes<MapOpCode>();
  m.attr("MAP_OP_WORDS") = kMapOpWords;
  m.attr("DTYPES") = names_to_codes<DType>();
  m.attr("CONVOLUTIONS") = names_to_codes<Convolution>();
  m.attr("POOLINGS") = names_to_codes<Pooling>();
  m.attr("REDUCTIONS") = names_to_codes<Reduction>();

  m.def("isa", [] { return kernels().name; }, "The instruction set in use: baseline, avx2 or avx512.");
  m.def("version", [] { return YEOUL_VERSION; }, "The version this module was built for.");
  m.def("num_threads", [] { return Pool::global().threads(); }, "How many threads share an instruction's work.");
  m.def(
      "set_num_threads",
      [](int count) {
        if (count < 1 || count > 1024) {
          throw nb::value_error(
              ("The number of threads must lie between 1 and 1024, and got " + std::to_string(count) + ".").c_str());
        }
        nb::gil_scoped_release released;
        Pool::global().set_threads(count);
      },
      nb::arg("count"), "Sets how many threads share an instruction's work. Results are the same bits for any number.");

  nb::class_<PyProgram>(m, "Program")
      .def("__init__", &make_program, nb::arg("values"), nb::arg("slots"), nb::arg("arena_bytes"), nb::arg("constants"),
           nb::arg("code"), nb::arg("numbers"), nb::arg("host"))
      .def_prop_ro(
          "work", [](const PyProgram& self) { return self.program->work; },
          "Estimated nanoseconds of one run on one thread.")
      .def_prop_ro(
          "scratch_bytes", [](const PyProgram& self) { return self.program->scratch_bytes; },
          "What each thread needs while an instruction runs.")
      .def_prop_ro(
          "shared_scratch_bytes", [](const PyProgram& self) { return self.program->shared_scratch_bytes; },
          "What all threads together need while an instruction runs.")
      .def("__len__", [](const PyProgram& self) { return self.program->instructions.size(); });
  nb::class_<PyInstance>(m, "Instance")
      .def(
          "__init__",
          [](PyInstance* self, nb::handle_t<PyProgram> program, nb::list slots) {
            new (self) PyInstance(program, slots);
          },
          nb::arg("program"), nb::arg("slots"))
      .def("run", &PyInstance::run, nb::arg("arrays"));
  nb::class_<PyPhase>(m, "Phase")
      .def(nb::init<int64_t, int64_t, int64_t, nb::object, nb::object, nb::object, nb::object, std::optional<Logs>,
                    nb::list, std::optional<ShuffleState>>(),
           nb::arg("samples"), nb::arg("batch"), nb::arg("steps"), nb::arg("step").none(),
           nb::arg("tail").none() = nb::none(), nb::arg("result").none() = nb::none(),
           nb::arg("reset").none() = nb::none(), nb::arg("logs").none().noconvert() = nb::none(),
           nb::arg("data") = nb::list(), nb::arg("shuffle").none().noconvert() = nb::none());
  nb::class_<PyLoop>(m, "Loop")
      .def(nb::init<nb::list>(), nb::arg("phases"))
      .def("run", &PyLoop::run, nb::arg("max_epochs") = -1, nb::arg("max_steps") = -1, nb::arg("time_slice") = -1.0)
      .def("rows", &PyLoop::rows)
      .def("peek", &PyLoop::peek);
}
