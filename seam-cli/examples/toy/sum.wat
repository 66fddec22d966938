;; What the toy can run: functions over i32, calls, no control flow.
(module $sum
  (func $square (param i32) (result i32)
    (i32.mul (local.get 0) (local.get 0)))
  (func (export "sum-of-squares") (param i32 i32) (result i32)
    (i32.add (call $square (local.get 0)) (call $square (local.get 1))))
  (func (export "div") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))
  (func $forever (export "forever") (result i32)
    (i32.add (call $forever) (i32.const 1))))
