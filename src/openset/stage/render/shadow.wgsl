// The set's depth as a sun sees it; depth 1 is nearest to the sun.

@group(0) @binding(0) var<uniform> clip_from_world: mat4x4f;

@vertex
fn corner(@location(0) point: vec3f) -> @builtin(position) vec4f {
    return clip_from_world * vec4f(point, 1.0);
}
