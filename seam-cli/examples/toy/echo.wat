;; A component that the toy can run: a string on its way into the guest and back.
(component
  (core module $m
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 64))
    (global (export "echoed") (mut i32) (i32.const 0))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $top)
      (global.set $top (i32.add (global.get $top) (local.get 3))))
    (func (export "echo") (param i32 i32) (result i32)
      (global.set 1 (i32.add (global.get 1) (local.get 1)))
      (i32.store (i32.const 0) (local.get 0))
      (i32.store (i32.const 4) (local.get 1))
      (i32.const 0)))
  (core instance $i (instantiate $m))
  (func $echo (param "text" string) (result string)
    (canon lift (core func $i "echo") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (export "echo" (func $echo)))
