// A texture's next level, each texel the mean of four; the texture's format decodes and encodes.

@group(0) @binding(0) var larger: texture_2d<f32>;
@group(0) @binding(1) var level_sampler: sampler;

struct At {
    @builtin(position) clip: vec4f,
    @location(0) uv: vec2f,
}

@vertex
fn corner(@builtin(vertex_index) index: u32) -> At {
    let at = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
    return At(vec4f(2.0 * at.x - 1.0, 1.0 - 2.0 * at.y, 0.0, 1.0), at);
}

@fragment
fn halve(at: At) -> @location(0) vec4f {
    return textureSample(larger, level_sampler, at.uv);
}
