// The dome behind everything: one triangle over the whole picture, at infinity. Follows frame.wgsl.

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(2) var dome: texture_2d<f32>;
@group(0) @binding(4) var panorama_sampler: sampler;

struct Sky {
    @invariant @builtin(position) clip: vec4f,
    @location(0) look: vec3f,
}

@vertex
fn corner(@builtin(vertex_index) index: u32) -> Sky {
    let at = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
    let look = frame.corner.xyz + at.x * frame.across.xyz + at.y * frame.down.xyz;
    return Sky(vec4f(2.0 * at.x - 1.0, 1.0 - 2.0 * at.y, 0.0, 1.0), look);
}

@fragment
fn sky(at: Sky) -> @location(0) vec4f {
    return vec4f(textureSampleLevel(dome, panorama_sampler, panorama_uv(at.look), 0.0).rgb, 1.0);
}
