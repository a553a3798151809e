// All kernels, compiled once per instruction set.
#include "kernels/convolution.h"
#include "kernels/gemm.h"
#include "kernels/map.h"
#include "kernels/move.h"
#include "kernels/pooling.h"
#include "kernels/random.h"
#include "kernels/reduce.h"

#define YEOUL_JOIN_(a, b) a##b
#define YEOUL_JOIN(a, b) YEOUL_JOIN_(a, b)
#define YEOUL_TEXT_(a) #a
#define YEOUL_TEXT(a) YEOUL_TEXT_(a)

namespace yeoul {

const KernelTable& YEOUL_JOIN(kernels_, YEOUL_ISA)() {
  namespace isa = YEOUL_ISA;
  static const KernelTable table{
      YEOUL_TEXT(YEOUL_ISA),
      isa::map_prepared_bytes,
      isa::map_prepare,
      isa::map_scratch_bytes,
      isa::map_run,
      isa::map_work,
      isa::gemm_plan,
      isa::gemm_prepare,
      isa::gemm_run,
      isa::gemm_finish,
      isa::gemm_rows,
      isa::reduce_plan,
      isa::reduce_run,
      isa::reduce_finish,
      isa::reduce_part_bytes,
      isa::reduce_rows,
      isa::conv_plan,
      isa::conv_prepare,
      isa::conv_run,
      isa::conv_finish,
      isa::conv_rows,
      isa::pool_plan,
      isa::pool_run,
      isa::copy_plan,
      isa::copy_run,
      isa::fill,
      isa::gather,
      isa::scatter_add,
      isa::random_bits,
  };
  return table;
}

}  // namespace yeoul
