// The set's depth as the camera sees it, drawn before its surfaces. Follows frame.wgsl.

@group(0) @binding(0) var<uniform> frame: Frame;

@vertex
fn corner(@location(0) point: vec3f) -> @invariant @builtin(position) vec4f {
    let relative = point - frame.eye.xyz;
    return frame.clip_from_relative * vec4f(relative, 1.0);
}

@fragment
fn nothing() -> @location(0) vec4f {
    return vec4f(0.0);
}
