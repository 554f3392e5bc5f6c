"""The register of buildings and addresses (BAG), from whatever form it comes in."""
