"""The digital set as values: meshes, materials, lights, a panorama, where the studio floor stands."""
