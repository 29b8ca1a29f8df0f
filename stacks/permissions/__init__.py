"""What the roles of a pipeline may do: exactly what planning and deploying the units of one environment takes."""
